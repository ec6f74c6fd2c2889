// How the head of a request comes from a connection. TRUSTED.
#ifndef SOTTO_HTTP_READ_HEAD_H_
#define SOTTO_HTTP_READ_HEAD_H_

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <string_view>

#include "http/framing.h"

namespace sotto {

// Until `parser`, of a request, has the head, or to an error: the stream's, the parser's, or
// bad_obs_fold (HasFoldedLine). `buffer` may hold its beginning already; what comes behind the head
// stays there. At most `block` bytes are read at once, and as many more as `buffer` may hold than a
// head.
template <typename Stream, typename Buffer, typename Parser>
boost::asio::awaitable<boost::system::error_code> ReadHead(Stream& stream, Buffer& buffer,
                                                           Parser& parser, size_t block) {
  namespace asio = boost::asio;
  namespace http = boost::beast::http;
  const auto so_far = [&buffer] {
    const auto data = buffer.data();
    return std::string_view(static_cast<const char*>(data.data()), data.size());
  };
  boost::system::error_code error;
  bool begun = false;
  while (!parser.is_header_done()) {
    // Empty lines before a request are what some clients send behind a body (RFC 9112, 2.2).
    while (!begun && so_far().starts_with("\r\n")) buffer.consume(2);
    begun = begun || buffer.size() > 2;
    if (begun && HasFoldedLine(so_far())) co_return http::error::bad_obs_fold;
    if (begun) buffer.consume(parser.put(buffer.data(), error));
    if (parser.is_header_done()) break;
    if (error && error != http::error::need_more) co_return error;
    const auto room = buffer.prepare(std::min(block, buffer.max_size() - buffer.size()));
    const size_t bytes =
        co_await stream.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return error;
    buffer.commit(bytes);
  }
  co_return boost::system::error_code();
}

}  // namespace sotto

#endif  // SOTTO_HTTP_READ_HEAD_H_
