// Calls a gRPC method as no well-behaved client would. Test-only.
#ifndef SOTTO_TESTING_RAW_HTTP2_H_
#define SOTTO_TESTING_RAW_HTTP2_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "testing/http2_frames.h"
#include "testing/loopback.h"

namespace sotto {

class RawHttp2 {
 public:
  // window: what the server may send in each call before it is allowed more, which it never is.
  RawHttp2(int port, uint32_t window) : fd_(ConnectFrom("127.0.0.1", port)) {
    SOTTO_CHECK(fd_.ok());
    Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    Send(http2::Frame(http2::kSettings, 0, 0,
                      std::string{'\0', '\4'} + http2::BigEndian(window, 4)));
  }

  // Starts a call, with a whole unary request when `message` is one.
  void Call(const std::string& path, const std::string* message) {
    using http2::Field;
    const uint32_t stream = std::exchange(next_stream_, next_stream_ + 2);
    Send(http2::Frame(http2::kHeaders, http2::kEndHeaders, stream,
                      Field(":method", "POST") + Field(":scheme", "http") + Field(":path", path) +
                          Field(":authority", "localhost") + Field("te", "trailers") +
                          Field("content-type", "application/grpc")));
    if (message == nullptr) return;
    Send(http2::Frame(http2::kData, http2::kEndStream, stream, http2::Prefixed(*message)));
  }

 private:
  void Send(std::string_view bytes) const {
    SOTTO_CHECK(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
  }

  const Descriptor fd_;
  uint32_t next_stream_ = 1;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_RAW_HTTP2_H_
