#include "accelerator/connection_table.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "accelerator/listen_sockets.h"
#include "base/descriptor.h"
#include "base/strings.h"
#include "gtest/gtest.h"
#include "testing/loopback.h"

namespace sotto {
namespace {

// Connections from two addresses of this host to a socket that listens.
class ConnectionTableTest : public testing::Test {
 protected:
  struct Pair {
    Descriptor ours, theirs;
  };
  Pair Connect(const char* from) {
    Descriptor theirs = ConnectFrom(from, sockets_->port());
    EXPECT_TRUE(theirs.ok());
    return {.ours = AcceptWaiting(sockets_->fds().front().get()), .theirs = std::move(theirs)};
  }

  const std::unique_ptr<ListenSockets> sockets_ = *ListenSockets::Open("--l", "127.0.0.1:0");
};

TEST_F(ConnectionTableTest, APeerIsAnAddressOrAUser) {
  EXPECT_EQ(PeerOfSocket(Connect("127.0.0.1").ours.get()), "127.0.0.1");
  EXPECT_EQ(PeerOfSocket(Connect("127.0.0.2").ours.get()), "127.0.0.2");
  std::array<int, 2> fds{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  EXPECT_EQ(PeerOfSocket(fds[0]), StrCat("user ", getuid()));
  close(fds[0]);
  close(fds[1]);
}

TEST_F(ConnectionTableTest, OnePeerDoesNotGetAllConnections) {
  ConnectionTable table({.total = 3, .per_peer = 2});
  const Pair a = Connect("127.0.0.1"), b = Connect("127.0.0.1"), c = Connect("127.0.0.1"),
             d = Connect("127.0.0.2"), e = Connect("127.0.0.2");
  EXPECT_TRUE(table.Admit(a.ours.get()));
  EXPECT_TRUE(table.Admit(b.ours.get()));
  EXPECT_FALSE(table.Admit(c.ours.get()));
  EXPECT_TRUE(table.Admit(d.ours.get()));
  EXPECT_FALSE(table.Admit(e.ours.get())) << "beyond the total";
}

TEST_F(ConnectionTableTest, AClosedConnectionMakesRoom) {
  ConnectionTable table({.total = 2, .per_peer = 2});
  Pair a = Connect("127.0.0.1"), b = Connect("127.0.0.1");
  ASSERT_TRUE(table.Admit(a.ours.get()));
  ASSERT_TRUE(table.Admit(b.ours.get()));
  a.ours.Reset();
  // Its number is another's now; what is remembered of it must not count for that one.
  const Pair c = Connect("127.0.0.1"), d = Connect("127.0.0.1");
  EXPECT_TRUE(table.Admit(c.ours.get()));
  EXPECT_FALSE(table.Admit(d.ours.get()));
  b.ours.Reset();
  EXPECT_TRUE(table.Admit(d.ours.get()));
}

TEST_F(ConnectionTableTest, WhoLeftIsToldOnce) {
  ConnectionTable table({.total = 3, .per_peer = 3});
  Pair a = Connect("127.0.0.1"), b = Connect("127.0.0.2");
  const Pair c = Connect("127.0.0.3");
  for (const int fd : {a.ours.get(), b.ours.get(), c.ours.get()}) ASSERT_TRUE(table.Admit(fd));
  EXPECT_TRUE(table.TakeLeavers().empty());
  a.ours.Reset();
  b.ours.Reset();
  // Also when its number is another's already.
  const Pair d = Connect("127.0.0.4");
  ASSERT_TRUE(table.Admit(d.ours.get()));
  EXPECT_EQ(table.TakeLeavers(), (std::set<std::string>{"127.0.0.1", "127.0.0.2"}));
  EXPECT_TRUE(table.TakeLeavers().empty());
}

TEST_F(ConnectionTableTest, ARegularFileInAConnectionsPlaceIsNoConnection) {
  ConnectionTable table({.total = 1, .per_peer = 1});
  Pair a = Connect("127.0.0.1");
  ASSERT_TRUE(table.Admit(a.ours.get()));
  const Pair b = Connect("127.0.0.1");
  ASSERT_EQ(dup2(STDERR_FILENO, a.ours.get()), a.ours.get());
  EXPECT_TRUE(table.Admit(b.ours.get()));
  EXPECT_FALSE(table.Admit(STDERR_FILENO));
  EXPECT_FALSE(table.Admit(-1));
}

}  // namespace
}  // namespace sotto
