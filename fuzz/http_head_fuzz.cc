// Heads of requests to the service, which come in two parts; the first byte says where the second
// begins. What is accepted says the same to a reader who knows nothing of the service's parser.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "http/framing.h"
#include "trusted/service/http_parser.h"

namespace {

namespace http = boost::beast::http;

// Reads it as the service does; false where it is refused or not whole. `length`: of the head.
bool Accepts(std::string_view bytes, size_t split, sotto::HttpParser& parser, size_t& length) {
  sotto::SetLimits(parser, {.max_header_bytes = 4096, .max_body_bytes = 100'000});
  length = 0;
  for (const size_t end : {split, bytes.size()}) {
    boost::beast::error_code error;
    while (!error && length < end && !parser.is_header_done()) {
      if (sotto::HasFoldedLine(bytes.substr(length, end - length))) return false;
      length += parser.put(boost::asio::buffer(bytes.data() + length, end - length), error);
    }
    if (error && error != http::error::need_more) return false;
  }
  return parser.is_header_done() && sotto::FramingError(parser.get()) == nullptr;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// What the lines of a head say of a field: how often it stands there, and what it is the last time.
struct FieldOfLines {
  size_t count = 0;
  std::string_view value = {};
};

FieldOfLines FieldOf(std::string_view head, std::string_view name) {
  FieldOfLines field;
  size_t at = head.find("\r\n") + 2;
  for (size_t end; (end = head.find("\r\n", at)) != std::string_view::npos; at = end + 2) {
    const std::string_view line = head.substr(at, end - at);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !EqualsIgnoringCase(line.substr(0, colon), name)) {
      continue;
    }
    ++field.count;
    field.value = line.substr(colon + 1);
  }
  while (!field.value.empty() && IsBlank(field.value.back())) field.value.remove_suffix(1);
  while (!field.value.empty() && IsBlank(field.value.front())) field.value.remove_prefix(1);
  return field;
}

// Each line is a field of its own, whose name has no blank in it or around it: some readers take it
// for the name without.
void CheckNames(std::string_view head) {
  size_t at = head.find("\r\n") + 2;
  for (size_t end; (end = head.find("\r\n", at)) != std::string_view::npos; at = end + 2) {
    const std::string_view line = head.substr(at, end - at);
    if (line.empty()) continue;
    const size_t colon = line.find(':');
    SOTTO_CHECK(colon != std::string_view::npos && colon > 0);
    SOTTO_CHECK(line.substr(0, colon).find_first_of(" \t\r\n") == std::string_view::npos);
  }
}

void CheckAgreement(std::string_view head, sotto::HttpParser& parser) {
  SOTTO_CHECK(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == head.size() - 4);
  SOTTO_CHECK(head.size() <= 4096);
  CheckNames(head);
  const FieldOfLines length = FieldOf(head, "Content-Length");
  const FieldOfLines encoding = FieldOf(head, "Transfer-Encoding");
  SOTTO_CHECK(length.count + encoding.count <= 1);
  SOTTO_CHECK(parser.chunked() == (encoding.count == 1));
  if (encoding.count == 1) SOTTO_CHECK(EqualsIgnoringCase(encoding.value, "chunked"));
  if (length.count == 1) {
    uint64_t bytes = 0;
    const char* const end = length.value.data() + length.value.size();
    const auto read = std::from_chars(length.value.data(), end, bytes);
    SOTTO_CHECK(read.ec == std::errc() && read.ptr == end);
    SOTTO_CHECK(parser.content_length() == bytes);
  }
  const bool old = parser.get().version() < 11;
  const size_t hosts = FieldOf(head, "Host").count;
  SOTTO_CHECK(hosts == 1 || (old && hosts == 0));
  SOTTO_CHECK(FieldOf(head, "Authorization").count <= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  sotto::HttpParser parser;
  size_t length = 0;
  if (Accepts(bytes, std::min<size_t>(data[0], bytes.size()), parser, length)) {
    CheckAgreement(bytes.substr(0, length), parser);
  }
  return 0;
}
