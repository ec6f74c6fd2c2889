// Just enough of HTTP/2 (RFC 9113) to call a gRPC method as no well-behaved client would.
// Test-only.
#ifndef SOTTO_TESTING_RAW_HTTP2_H_
#define SOTTO_TESTING_RAW_HTTP2_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "testing/loopback.h"

namespace sotto {

class RawHttp2 {
 public:
  // window: what the server may send in each call before it is allowed more, which it never is.
  RawHttp2(int port, uint32_t window) : fd_(ConnectFrom("127.0.0.1", port)) {
    SOTTO_CHECK(fd_.ok());
    Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    Frame(kSettings, 0, 0, std::string{'\0', '\4'} + BigEndian(window, 4));
  }

  // Starts a call, with a whole unary request when `message` is one.
  void Call(const std::string& path, const std::string* message) {
    const uint32_t stream = std::exchange(next_stream_, next_stream_ + 2);
    Frame(kHeaders, kEndHeaders, stream,
          Field(":method", "POST") + Field(":scheme", "http") + Field(":path", path) +
              Field(":authority", "localhost") + Field("te", "trailers") +
              Field("content-type", "application/grpc"));
    if (message == nullptr) return;
    const auto size = static_cast<uint32_t>(message->size());
    Frame(kData, kEndStream, stream, std::string(1, '\0') + BigEndian(size, 4) + *message);
  }

 private:
  static constexpr char kData = 0, kHeaders = 1, kSettings = 4;
  static constexpr char kEndStream = 1, kEndHeaders = 4;

  static std::string BigEndian(uint32_t value, int bytes) {
    std::string out;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out += static_cast<char>(value >> shift);
    }
    return out;
  }
  // A literal header field of HPACK (RFC 7541, section 6.2.2), both parts below 127 bytes.
  static std::string Field(std::string_view name, std::string_view value) {
    std::string out(1, '\0');
    for (const std::string_view part : {name, value}) {
      out += static_cast<char>(part.size());
      out += part;
    }
    return out;
  }
  void Frame(char type, char flags, uint32_t stream, const std::string& payload) {
    Send(BigEndian(static_cast<uint32_t>(payload.size()), 3) + type + flags + BigEndian(stream, 4) +
         payload);
  }
  void Send(std::string_view bytes) const {
    SOTTO_CHECK(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
  }

  const UniqueFd fd_;
  uint32_t next_stream_ = 1;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_RAW_HTTP2_H_
