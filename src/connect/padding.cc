#include "connect/padding.h"

namespace sotto {
namespace {

constexpr char kBlanks[] = " \t\r\n";

}  // namespace

size_t PaddedSize(size_t bytes, size_t bucket_bytes) {
  const size_t buckets = bytes == 0 ? 1 : (bytes - 1) / bucket_bytes + 1;
  return buckets * bucket_bytes;
}

absl::Status PadJsonBody(SecretString& body, size_t bucket_bytes) {
  const size_t first = body.find_first_not_of(kBlanks);
  if (first == SecretString::npos || (body[first] != '{' && body[first] != '[')) {
    return absl::InvalidArgumentError("a body that is not JSON cannot be padded");
  }
  body.resize(PaddedSize(body.size(), bucket_bytes), ' ');
  return absl::OkStatus();
}

}  // namespace sotto
