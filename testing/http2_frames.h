// Just enough of HTTP/2 (RFC 9113) and gRPC's framing to say what no well-behaved peer would.
// Test-only.
#ifndef SOTTO_TESTING_HTTP2_FRAMES_H_
#define SOTTO_TESTING_HTTP2_FRAMES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace sotto::http2 {

inline constexpr char kData = 0, kHeaders = 1, kResetStream = 3, kSettings = 4;
inline constexpr char kEndStream = 1, kAcknowledgement = 1, kEndHeaders = 4;  // Flags.

inline std::string BigEndian(uint32_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift);
  return out;
}

// A literal header field of HPACK (RFC 7541, section 6.2.2), both parts below 127 bytes.
inline std::string Field(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  for (const std::string_view part : {name, value}) {
    out += static_cast<char>(part.size());
    out += part;
  }
  return out;
}

inline std::string Frame(char type, char flags, uint32_t stream, const std::string& payload) {
  return BigEndian(static_cast<uint32_t>(payload.size()), 3) + type + flags + BigEndian(stream, 4) +
         payload;
}

// A message as gRPC puts it into DATA frames.
inline std::string Prefixed(const std::string& message, char compressed = 0) {
  return std::string(1, compressed) + BigEndian(static_cast<uint32_t>(message.size()), 4) + message;
}

}  // namespace sotto::http2

#endif  // SOTTO_TESTING_HTTP2_FRAMES_H_
