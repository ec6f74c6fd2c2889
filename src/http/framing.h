// Whether all who read a request agree where it ends and whose it is. A proxy before the server
// that reads it otherwise would pass on two requests as one ("request smuggling"). TRUSTED.
#ifndef SOTTO_HTTP_FRAMING_H_
#define SOTTO_HTTP_FRAMING_H_

#include <boost/beast/http/message.hpp>
#include <string_view>

namespace sotto {

// Whether a head, or what has come of it, has a line that continues the one before it (RFC 9112,
// 5.2), which the parser would join and others may read as one of its own. What is behind the head
// is not looked at.
bool HasFoldedLine(std::string_view head);

// What is wrong with a header that can be read in two ways (RFC 9112, 3.2, 6.1 and 6.3), for the
// client; null: nothing. The connection ends with its answer. Fields: those of Beast, or the same
// in memory that wipes itself.
template <typename Fields>
const char* FramingError(const boost::beast::http::request_header<Fields>& header);

}  // namespace sotto

#endif  // SOTTO_HTTP_FRAMING_H_
