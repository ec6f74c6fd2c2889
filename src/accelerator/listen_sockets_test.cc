#include "accelerator/listen_sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/loopback.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::HasSubstr;

absl::Status Try(const std::string& endpoint) {
  return ListenSockets::Open("--listen", endpoint).status();
}
void ExpectEndpointRefused(const std::string& endpoint, absl::StatusCode code,
                           const std::string& why) {
  const absl::Status status = Try(endpoint);
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("--listen"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(endpoint));
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
}
bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

// A socket's file without anybody behind it: what a killed server leaves.
void LeaveSocket(const std::string& path) {
  const Descriptor fd(socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(fd.get(), 1), 0);
}

class ListenSocketsTest : public testing::Test {
 protected:
  const TempDir dir_;
  const std::string path_ = dir_.path() + "/s", endpoint_ = "unix:" + path_;
};

TEST_F(ListenSocketsTest, OnePortForAllAddressesOfAName) {
  const auto sockets = ListenSockets::Open("--listen", "localhost:0");
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_EQ((*sockets)->address(), StrCat("localhost:", (*sockets)->port()));
  EXPECT_TRUE(ConnectFrom("127.0.0.1", (*sockets)->port()).ok());
}

TEST_F(ListenSocketsTest, SaysWhyNot) {
  const auto sockets = *ListenSockets::Open("--listen", "127.0.0.1:0");
  ExpectEndpointRefused(sockets->address(), absl::StatusCode::kUnavailable,
                        "Address already in use");
  ExpectEndpointRefused("192.0.2.1:1", absl::StatusCode::kUnavailable,
                        "Cannot assign requested address");
  ExpectEndpointRefused("nonsense", absl::StatusCode::kInvalidArgument, "is not HOST:PORT");
  ExpectEndpointRefused("unix:/no/such/s", absl::StatusCode::kUnavailable,
                        "No such file or directory");
  ExpectEndpointRefused(StrCat("unix:/", std::string(200, 'x')), absl::StatusCode::kUnavailable,
                        "File name too long");
  ExpectEndpointRefused("unix:/tmp/a%20b", absl::StatusCode::kInvalidArgument,
                        "the path must not contain %");
}

TEST_F(ListenSocketsTest, ALiveServersUnixSocketIsNotTakenOver) {
  const auto first = ListenSockets::Open("--listen", endpoint_);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)->address(), endpoint_);
  ExpectEndpointRefused(endpoint_, absl::StatusCode::kUnavailable, "in use by another server");
  EXPECT_TRUE(Exists(path_));
}

TEST_F(ListenSocketsTest, AStaleSocketIsTakenOver) {
  LeaveSocket(path_);
  ASSERT_TRUE(Exists(path_));
  EXPECT_TRUE(ListenSockets::Open("--listen", endpoint_).ok());
  EXPECT_FALSE(Exists(path_)) << "its own file goes with it";
}

TEST_F(ListenSocketsTest, NothingButItsOwnFileIsRemoved) {
  dir_.Write("s", "precious");
  ExpectEndpointRefused(endpoint_, absl::StatusCode::kUnavailable,
                        "a file that is not a socket is there");
  EXPECT_TRUE(Exists(path_));
  ASSERT_EQ(unlink(path_.c_str()), 0);
  {
    const auto first = ListenSockets::Open("--listen", endpoint_);
    ASSERT_TRUE(first.ok()) << first.status();
    // Somebody put another socket there meanwhile.
    ASSERT_EQ(unlink(path_.c_str()), 0);
    LeaveSocket(path_);
  }
  EXPECT_TRUE(Exists(path_));
}

}  // namespace
}  // namespace sotto
