// How requests are read, and whether all who read one agree where it ends and whose it is. A proxy
// before the server that reads it otherwise would pass on two requests as one ("request
// smuggling"). TRUSTED: bodies are prompts.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_FRAMING_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_FRAMING_H_

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <string_view>

#include "base/wiping_allocator.h"
#include "trusted/service/http_server.h"

namespace sotto {

using HttpBody =
    boost::beast::http::basic_string_body<char, std::char_traits<char>, WipingAllocator<char>>;
using HttpFields = boost::beast::http::basic_fields<WipingAllocator<char>>;  // One is a key.
using HttpParser = boost::beast::http::request_parser<HttpBody, WipingAllocator<char>>;

// REQUIRES: `parser` has read nothing.
void SetLimits(HttpParser& parser, const HttpLimits& limits);

// Whether a head, or what has come of it, has a line that continues the one before it (RFC 9112,
// 5.2), which the parser would join and others may read as one of its own. What is behind the head
// is not looked at.
bool HasFoldedLine(std::string_view head);

// What is wrong with a header that can be read in two ways (RFC 9112, 3.2, 6.1
// and 6.3), for the client; null: nothing. The connection ends with its answer.
const char* FramingError(const boost::beast::http::request_header<HttpFields>& header);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_FRAMING_H_
