#include "http/framing.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/fields.hpp>

namespace sotto {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr unsigned kHttp11 = 11;

bool IsNumber(beast::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

const char* LengthError(const http::request_header<>& header) {
  const size_t lengths = header.count(http::field::content_length);
  const size_t encodings = header.count(http::field::transfer_encoding);
  if (lengths > 1 || (lengths == 1 && !IsNumber(header[http::field::content_length]))) {
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

const char* FramingError(const http::request_header<>& header) {
  if (const char* const error = LengthError(header)) return error;
  const size_t hosts = header.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && header.version() >= kHttp11)) return "there must be one Host";
  if (header.count(http::field::authorization) > 1) return "there may be one Authorization";
  return nullptr;
}

}  // namespace sotto
