#include "accelerator/descriptors.h"

#include <poll.h>
#include <sys/socket.h>

#include "accelerator/listen_sockets.h"
#include "gtest/gtest.h"
#include "testing/loopback.h"
#include "testing/no_descriptors.h"

namespace sotto {
namespace {

// What recv gets from `fd` within half a minute: 0 at the connection's end.
ssize_t Receive(int fd) {
  pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
  char byte = 0;
  return poll(&polled, 1, /*timeout=*/30'000) == 1 ? recv(fd, &byte, 1, 0) : -2;
}

TEST(DescriptorsTest, WithoutDescriptorsPeersAreTurnedAwayAndLaterOnesTaken) {
  const auto sockets = *ListenSockets::Open("--l", "127.0.0.1:0");
  const int listener = sockets->fds().front().get();
  Accepter accepter;
  EXPECT_FALSE(accepter.Accept(listener, SOCK_NONBLOCK).ok()) << "nobody is there";
  const Descriptor first = ConnectFrom("127.0.0.1", sockets->port()),
                   second = ConnectFrom("127.0.0.1", sockets->port());
  ASSERT_TRUE(first.ok() && second.ok());
  {
    const NoDescriptors none;
    EXPECT_FALSE(accepter.Accept(listener, SOCK_NONBLOCK).ok());
    EXPECT_EQ(Receive(first.get()), 0) << "closed, not left waiting";
    EXPECT_FALSE(accepter.Accept(listener, SOCK_NONBLOCK).ok());
    EXPECT_EQ(Receive(second.get()), 0);
    EXPECT_FALSE(accepter.Accept(listener, SOCK_NONBLOCK).ok()) << "nobody is left";
  }
  const Descriptor third = ConnectFrom("127.0.0.1", sockets->port());
  const Descriptor taken = accepter.Accept(listener, SOCK_NONBLOCK);
  ASSERT_TRUE(taken.ok());
  ASSERT_EQ(send(taken.get(), "x", 1, 0), 1);
  EXPECT_EQ(Receive(third.get()), 1);
}

}  // namespace
}  // namespace sotto
