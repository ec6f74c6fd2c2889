// How requests are read. TRUSTED: bodies are prompts.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_PARSER_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_PARSER_H_

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <string>

#include "base/wiping_allocator.h"
#include "trusted/service/http_server.h"

namespace sotto {

using HttpBody =
    boost::beast::http::basic_string_body<char, std::char_traits<char>, WipingAllocator<char>>;
// One of the fields is a key.
using HttpParser = boost::beast::http::request_parser<HttpBody, WipingAllocator<char>>;

// REQUIRES: `parser` has read nothing.
inline void SetLimits(HttpParser& parser, const HttpLimits& limits) {
  parser.header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
  parser.body_limit(limits.max_body_bytes);
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_PARSER_H_
