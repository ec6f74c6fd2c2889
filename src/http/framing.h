// Whether all who read a request agree where it ends and whose it is. A proxy before the server
// that reads it otherwise would pass on two requests as one ("request smuggling"). TRUSTED.
#ifndef SOTTO_HTTP_FRAMING_H_
#define SOTTO_HTTP_FRAMING_H_

#include <boost/beast/http/message.hpp>

namespace sotto {

// What is wrong with a header that can be read in two ways (RFC 9112, 3.2, 6.1 and 6.3), for the
// client; null: nothing. The connection ends with its answer.
const char* FramingError(const boost::beast::http::request_header<>& header);

}  // namespace sotto

#endif  // SOTTO_HTTP_FRAMING_H_
