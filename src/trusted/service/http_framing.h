// How requests are read, and whether all who read one agree where it ends and whose it is. A proxy
// before the server that reads it otherwise would pass on two requests as one ("request
// smuggling"). TRUSTED: bodies are prompts.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_FRAMING_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_FRAMING_H_

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "base/wiping_allocator.h"
#include "trusted/service/http_server.h"

namespace sotto {

using HttpBody =
    boost::beast::http::basic_string_body<char, std::char_traits<char>, WipingAllocator<char>>;
using HttpParser = boost::beast::http::request_parser<HttpBody>;

// REQUIRES: `parser` has read nothing.
void SetLimits(HttpParser& parser, const HttpLimits& limits);

// What is wrong with a header that can be read in two ways (RFC 9112, 3.2, 6.1 and 6.3), for the
// client; null: nothing. The connection ends with its answer.
const char* FramingError(const boost::beast::http::request_header<>& header);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_FRAMING_H_
