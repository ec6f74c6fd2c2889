#include "protocol/grpc_status.h"

#include <algorithm>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kMaxMessageLength = 300;

std::string Printable(const std::string& text) {
  std::string out = text.substr(0, kMaxMessageLength);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  return out;
}

bool ServerMayChoose(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return true;
    default:
      return false;
  }
}

// What gRPC says of HTTP/2's own errors. Whoever can write on an unencrypted path can cause them,
// with a number that gRPC turns into a status of the server's, INTERNAL for most.
bool IsWordOfTheTransport(std::string_view message) {
  return message.starts_with("Received RST_STREAM with error code ") ||
         message.starts_with("Received http2 header with status: ");
}

}  // namespace

absl::Status FromServersWord(uint32_t code, const std::string& message) {
  const absl::StatusCode taken = ServerMayChoose(static_cast<grpc::StatusCode>(code))
                                     ? static_cast<absl::StatusCode>(code)
                                     : absl::StatusCode::kUnavailable;
  return {taken, ToAbsl(StrCat("the server says: ", Printable(message)))};
}

absl::Status FromPeer(const grpc::Status& status) {
  if (status.ok()) return absl::UnavailableError("the server ended the session");
  const grpc::StatusCode code = status.error_code();
  const std::string message = Printable(status.error_message());
  if (IsWordOfTheTransport(message)) {
    return absl::UnavailableError(StrCat("the connection broke: ", message));
  }
  if (ServerMayChoose(code)) return FromServersWord(code, status.error_message());
  if (code == grpc::StatusCode::INTERNAL) {
    return absl::AbortedError(StrCat("bytes that do not decode: ", message));
  }
  return absl::UnavailableError(StrCat("the connection broke: ", message));
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.raw_code()), std::string(ToStd(status.message()))};
}

}  // namespace sotto
