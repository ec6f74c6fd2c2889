#include "testing/raw_accelerator.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "testing/http2_frames.h"

namespace sotto {
namespace {

constexpr size_t kPrefaceBytes = 24, kFrameHeaderBytes = 9, kPrefixBytes = 5;

uint32_t ReadBigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

// The client's side of a connection: what has arrived.
class Arrivals {
 public:
  explicit Arrivals(int fd) : fd_(fd) {}

  // The next `size` bytes; empty when the client has left before.
  std::string Take(size_t size) {
    std::array<char, 4096> buffer;
    while (bytes_.size() < size) {
      const ssize_t n = recv(fd_, buffer.data(), buffer.size(), 0);
      if (n <= 0) return "";
      bytes_.append(buffer.data(), static_cast<size_t>(n));
    }
    std::string taken = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return taken;
  }

 private:
  const int fd_;
  std::string bytes_;
};

// How many whole messages the data holds.
int CountMessages(std::string_view data) {
  int count = 0;
  while (data.size() >= kPrefixBytes) {
    const size_t size = kPrefixBytes + ReadBigEndian(data.substr(1, 4));
    if (data.size() < size) break;
    data.remove_prefix(size);
    ++count;
  }
  return count;
}

void Send(int fd, const std::string& bytes) {
  // The client may have left.
  static_cast<void>(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

}  // namespace

RawAccelerator::RawAccelerator(RawScript script)
    : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  SOTTO_CHECK(bind(listener_.get(), any, size) == 0 && listen(listener_.get(), 1) == 0);
  SOTTO_CHECK(getsockname(listener_.get(), any, &size) == 0);
  endpoint_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  thread_ = std::thread([this] { Serve(); });
}

RawAccelerator::~RawAccelerator() {
  shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

void RawAccelerator::Serve() const {
  const Descriptor connection(accept(listener_.get(), nullptr, nullptr));
  if (!connection.ok()) return;
  Arrivals arrivals(connection.get());
  arrivals.Take(kPrefaceBytes);
  Send(connection.get(), http2::Frame(http2::kSettings, 0, 0, ""));
  std::string data;
  bool greeted = false, answered = false;
  while (true) {
    const std::string header = arrivals.Take(kFrameHeaderBytes);
    if (header.empty()) return;
    const size_t size = ReadBigEndian(std::string_view(header).substr(0, 3));
    const std::string payload = arrivals.Take(size);
    if (payload.size() < size) return;
    if (header[3] == http2::kSettings && header[4] == 0) {
      Send(connection.get(), http2::Frame(http2::kSettings, http2::kAcknowledgement, 0, ""));
    }
    if (header[3] == http2::kHeaders) {
      Send(connection.get(), http2::Frame(http2::kHeaders, http2::kEndHeaders, 1,
                                          http2::Field(":status", "200") +
                                              http2::Field("content-type", "application/grpc")));
    }
    if (header[3] != http2::kData) continue;
    data += payload;
    // Hello; then Ready and the request.
    const int messages = CountMessages(data);
    if (!greeted && messages >= 1) Send(connection.get(), script_.at_greeting);
    if (!answered && messages >= 3) Send(connection.get(), script_.at_request);
    greeted = messages >= 1;
    answered = messages >= 3;
  }
}

}  // namespace sotto
