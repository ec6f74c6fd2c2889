#include "protocol/endpoint.h"

#include "gtest/gtest.h"

namespace sotto {
namespace {

TEST(EndpointTest, TakesTheThreeForms) {
  for (const char* text : {"localhost:50051", "10.0.0.7:1", "[::1]:65535", "unix:/run/a.sock",
                           "gpu-7.example.com:443", "unix:relative"}) {
    EXPECT_TRUE(CheckEndpoint(text, false).ok()) << text;
  }
  EXPECT_TRUE(CheckEndpoint("localhost:0", true).ok());
}

TEST(EndpointTest, RefusesAllElse) {
  for (const char* text :
       {"", ":", "localhost", ":50051", "localhost:", "localhost:0", "localhost:65536",
        "localhost:-1", "localhost:5x", "unix:", "dns:///host:1", "xds:///x:1", "a b:1",
        "::1:50051", "[]:1", "[::1]", "http://host:1", "host:1/path"}) {
    const absl::Status status = CheckEndpoint(text, false);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(EndpointTest, KnowsWhatMustBeThisHost) {
  for (const char* text : {"localhost:1", "127.0.0.1:1", "127.8.0.1:1", "[::1]:1", "unix:/a"}) {
    EXPECT_TRUE(IsLocalEndpoint(text)) << text;
  }
  for (const char* text :
       {"localhost.example.com:1", "10.0.0.1:1", "[::2]:1", "gpu:1", "127.0.0.1.example.com:1"}) {
    EXPECT_FALSE(IsLocalEndpoint(text)) << text;
  }
}

}  // namespace
}  // namespace sotto
