#include "protocol/tcp_connect.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "base/check.h"

namespace sotto {
namespace {

// Listens on a loopback port of its own.
class Listener {
 public:
  explicit Listener(int backlog) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOTTO_CHECK(bind(fd_.get(), address(), sizeof(address_)) == 0);
    socklen_t size = sizeof(address_);
    SOTTO_CHECK(getsockname(fd_.get(), address(), &size) == 0);
    SOTTO_CHECK(listen(fd_.get(), backlog) == 0);
  }
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }
  uint16_t port() const { return address_.sin_port; }
  addrinfo Entry(addrinfo* next) {
    return {.ai_family = AF_INET,
            .ai_addrlen = sizeof(address_),
            .ai_addr = address(),
            .ai_next = next};
  }

 private:
  sockaddr_in address_{};
  const Descriptor fd_;
};

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

TEST(TcpConnectTest, AnAddressThatNeverAnswersLeavesTimeToTheNext) {
  Listener full(/*backlog=*/0), good(8);
  // Nobody accepts there: once its queue is full, connections wait for room.
  addrinfo only_full = full.Entry(nullptr);
  std::vector<Descriptor> waiting;
  absl::StatusOr<Descriptor> one = ConnectToFirst(&only_full, Clock::now() + milliseconds(200));
  for (; one.ok() && waiting.size() < 16;
       one = ConnectToFirst(&only_full, Clock::now() + milliseconds(200))) {
    waiting.push_back(*std::move(one));
  }
  ASSERT_EQ(one.status().code(), absl::StatusCode::kUnavailable);

  addrinfo second = good.Entry(nullptr);
  const addrinfo first = full.Entry(&second);
  const auto fd = ConnectToFirst(&first, Clock::now() + milliseconds(2000));
  ASSERT_TRUE(fd.ok()) << fd.status();
  sockaddr_in peer{};
  socklen_t size = sizeof(peer);
  ASSERT_EQ(getpeername(fd->get(), reinterpret_cast<sockaddr*>(&peer), &size), 0);
  EXPECT_EQ(peer.sin_port, good.port());
}

TEST(TcpConnectTest, WithoutAnAddressThereIsNoConnection) {
  EXPECT_EQ(ConnectToFirst(nullptr, Clock::now() + milliseconds(1)).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sotto
