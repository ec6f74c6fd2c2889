#include "accelerator/accept_loop.h"

#include <sys/socket.h>

#include <future>
#include <utility>

#include "gtest/gtest.h"
#include "testing/loopback.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

// What has come on a connection when the loop hands it over.
class AcceptLoopTest : public testing::Test {
 protected:
  void Start(milliseconds patience, const std::function<bool(int)>& admit) {
    auto sockets = *ListenSockets::Open("--l", "127.0.0.1:0");
    port_ = sockets->port();
    loop_ = std::make_unique<AcceptLoop>(
        std::move(sockets), AcceptOptions{.admit = admit,
                                          .take =
                                              [this](const Descriptor& connection, int) {
                                                // A client that leaves is taken as well.
                                                if (std::exchange(was_taken_, true)) return;
                                                char byte = 0;
                                                taken_.set_value(recv(connection.get(), &byte, 1,
                                                                      MSG_PEEK | MSG_DONTWAIT));
                                              },
                                          .patience = patience});
  }
  Descriptor Connect() const { return ConnectFrom("127.0.0.1", port_); }

  int port_ = 0;
  std::promise<ssize_t> taken_;  // Of the first.
  bool was_taken_ = false;
  std::unique_ptr<AcceptLoop> loop_;
};

TEST_F(AcceptLoopTest, AConnectionIsTakenAtOnce) {
  Start(milliseconds(0), [](int) { return true; });
  const Descriptor client = Connect();
  EXPECT_EQ(taken_.get_future().get(), -1);
}

TEST_F(AcceptLoopTest, OrWithItsFirstBytes) {
  Start(minutes(10), [](int) { return true; });
  const Descriptor silent = Connect(), client = Connect();
  ASSERT_EQ(send(client.get(), "x", 1, 0), 1);
  EXPECT_EQ(taken_.get_future().get(), 1);  // And the silent one keeps nobody from ending it all.
}

TEST_F(AcceptLoopTest, OrWithoutThemAfterAWhile) {
  Start(milliseconds(10), [](int) { return true; });
  const Descriptor client = Connect();
  EXPECT_EQ(taken_.get_future().get(), -1);
}

TEST_F(AcceptLoopTest, WhoeverIsNotAdmittedIsToldByTheEnd) {
  Start(milliseconds(0), [](int) { return false; });
  const Descriptor client = Connect();
  char byte = 0;
  EXPECT_EQ(recv(client.get(), &byte, 1, 0), 0);
}

}  // namespace
}  // namespace sotto
