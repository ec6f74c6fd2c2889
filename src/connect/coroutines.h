// What the coroutines of this folder are made of. Each co_await is a statement of its own, and what
// it passes on a variable: g++ 12 miscompiles some that stand inside conditions and other
// expressions.
#ifndef SOTTO_CONNECT_COROUTINES_H_
#define SOTTO_CONNECT_COROUTINES_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <span>
#include <utility>  // awaitable.hpp of Boost 1.74 needs it, and does not include it.

#include "base/wiping_allocator.h"

namespace sotto {

inline constexpr unsigned kHttp10 = 10, kHttp11 = 11;

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using HttpBuffer = beast::basic_flat_buffer<WipingAllocator<char>>;

// The completion token of every operation: its error goes into `error`.
inline auto Into(ErrorCode& error) { return asio::redirect_error(asio::use_awaitable, error); }

// Some of a message's body, at most `out`; nothing, and no error, at its end. `parser`: of a
// buffer_body, past the header.
template <typename Stream, typename Parser>
asio::awaitable<size_t> ReadBodySome(Stream& stream, HttpBuffer& buffer, Parser& parser,
                                     std::span<char> out, ErrorCode& error) {
  error = {};
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = out.data();
    body.size = out.size();
    co_await http::async_read_some(stream, buffer, parser, Into(error));
    if (error == http::error::need_buffer) error = {};
    const size_t read = out.size() - body.size;
    if (error || read > 0) co_return read;
  }
  co_return 0;
}

// A block of a body, as a chunk or as it is.
template <typename Stream>
asio::awaitable<ErrorCode> WriteBlock(Stream& stream, std::span<const char> block, bool chunked) {
  ErrorCode error;
  const asio::const_buffer bytes(block.data(), block.size());
  if (chunked) {
    const auto chunk = http::make_chunk(bytes);
    co_await asio::async_write(stream, chunk, Into(error));
  } else {
    co_await asio::async_write(stream, bytes, Into(error));
  }
  co_return error;
}

template <typename Stream>
asio::awaitable<ErrorCode> WriteLastChunk(Stream& stream) {
  ErrorCode error;
  const auto last = http::make_chunk_last();
  co_await asio::async_write(stream, last, Into(error));
  co_return error;
}

// Whether a read failed because what came is no HTTP, and not because nothing came any more.
inline bool IsBadHttp(const ErrorCode& error) {
  return error.category() == http::make_error_code(http::error::bad_chunk).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace sotto

#endif  // SOTTO_CONNECT_COROUTINES_H_
