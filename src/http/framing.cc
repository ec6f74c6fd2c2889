#include "http/framing.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/fields.hpp>

#include "base/wiping_allocator.h"

namespace sotto {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr unsigned kHttp11 = 11;

std::string_view ToView(beast::string_view text) { return {text.data(), text.size()}; }

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsOneOf(char c, std::string_view others) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         others.find(c) != std::string_view::npos;
}

// RFC 3986, 3.2.2 and 3.2.3: a name or address, perhaps none, and perhaps a port.
bool IsHost(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const size_t end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return false;
  const std::string_view name = text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  const std::string_view port = text.substr(bracketed ? end + 1 : end);
  const std::string_view others = bracketed ? ":." : "-._~%!$&'()*+,;=";
  return std::ranges::all_of(name, [&](char c) { return IsOneOf(c, others); }) &&
         (port.empty() || port == ":" || (port[0] == ':' && IsNumber(port.substr(1))));
}

template <typename Fields>
const char* LengthError(const http::request_header<Fields>& header) {
  const size_t lengths = header.count(http::field::content_length);
  const size_t encodings = header.count(http::field::transfer_encoding);
  if (lengths > 1 || (lengths == 1 && !IsNumber(ToView(header[http::field::content_length])))) {
    return "Content-Length must be one number";
  }
  if (encodings == 0) return nullptr;
  if (lengths > 0) return "Content-Length and Transfer-Encoding exclude each other";
  if (header.version() < kHttp11) return "HTTP/1.0 has no Transfer-Encoding";
  if (encodings > 1 || !beast::iequals(header[http::field::transfer_encoding], "chunked")) {
    return "Transfer-Encoding must be chunked, once";
  }
  return nullptr;
}

}  // namespace

bool HasFoldedLine(std::string_view head) {
  for (size_t at = 0, end; (end = head.find("\r\n", at)) != std::string_view::npos; at = end + 2) {
    if (end == at) return false;  // The empty line behind the head.
    const char next = end + 2 < head.size() ? head[end + 2] : '\r';
    if (next == ' ' || next == '\t') return true;
  }
  return false;
}

template <typename Fields>
const char* FramingError(const http::request_header<Fields>& header) {
  if (const char* const error = LengthError(header)) return error;
  const size_t hosts = header.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && header.version() >= kHttp11)) return "there must be one Host";
  if (hosts == 1 && !IsHost(ToView(header[http::field::host]))) {
    return "Host must be a name or an address, and perhaps a port";
  }
  if (header.count(http::field::authorization) > 1) return "there may be one Authorization";
  return nullptr;
}

template const char* FramingError(const http::request_header<http::fields>& header);
template const char* FramingError(
    const http::request_header<http::basic_fields<WipingAllocator<char>>>& header);

}  // namespace sotto
