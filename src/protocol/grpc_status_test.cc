#include "protocol/grpc_status.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;
using testing::HasSubstr;

TEST(FromPeerTest, TakesOverTheCodesAPeerMayChoose) {
  for (const auto code :
       {grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::FAILED_PRECONDITION,
        grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::UNIMPLEMENTED,
        grpc::StatusCode::PERMISSION_DENIED, grpc::StatusCode::DEADLINE_EXCEEDED}) {
    const absl::Status status = FromPeer({code, "why"});
    EXPECT_EQ(static_cast<int>(status.code()), static_cast<int>(code));
    EXPECT_EQ(std::string(status.message()), "the server says: why");
  }
}

// ABORTED is this side's word for a lie: no peer may say it, nor that all went well.
TEST(FromPeerTest, OtherCodesAreABrokenConnection) {
  for (const auto code :
       {grpc::StatusCode::ABORTED, grpc::StatusCode::UNKNOWN, grpc::StatusCode::UNAVAILABLE,
        grpc::StatusCode::CANCELLED, grpc::StatusCode::DATA_LOSS}) {
    EXPECT_EQ(FromPeer({code, "x"}).code(), Code::kUnavailable) << code;
  }
  EXPECT_EQ(FromPeer(grpc::Status::OK).code(), Code::kUnavailable);
}

// A server that leaves, or whose device failed, says so itself: that is no connection that broke.
TEST(FromServersWordTest, IsTheServersWhateverTheCode) {
  for (uint32_t code = 0; code < 20; ++code) {
    const absl::Status status = FromServersWord(code, "why");
    EXPECT_EQ(std::string(status.message()), "the server says: why");
    EXPECT_NE(status.code(), Code::kAborted);
    EXPECT_FALSE(status.ok());
  }
  EXPECT_EQ(FromServersWord(14, "x").code(), Code::kUnavailable);
  EXPECT_EQ(FromServersWord(8, "x").code(), Code::kResourceExhausted);
}

TEST(FromPeerTest, BytesThatDoNotDecodeAreALie) {
  EXPECT_EQ(FromPeer({grpc::StatusCode::INTERNAL, "x"}).code(), Code::kAborted);
}

// Anybody on an unencrypted path can cause these, with any code.
TEST(FromPeerTest, ErrorsOfHttp2AreABrokenConnection) {
  for (const auto code : {grpc::StatusCode::INTERNAL, grpc::StatusCode::RESOURCE_EXHAUSTED,
                          grpc::StatusCode::PERMISSION_DENIED}) {
    EXPECT_EQ(FromPeer({code, "Received RST_STREAM with error code 2"}).code(), Code::kUnavailable);
    EXPECT_EQ(FromPeer({code, "Received http2 header with status: 400"}).code(),
              Code::kUnavailable);
  }
}

TEST(FromPeerTest, TheMessageIsOneShortLineOfPrintableText) {
  const std::string hostile = "a\nb\x1b[2J\xff" + std::string(100000, 'x');
  const std::string message(FromPeer({grpc::StatusCode::INVALID_ARGUMENT, hostile}).message());
  EXPECT_THAT(message, HasSubstr("a b [2J "));
  EXPECT_LT(message.size(), 400u);
  for (const char c : message) EXPECT_TRUE(c >= ' ' && c <= '~');
}

TEST(ToGrpcTest, CodesAreTheSameNumbers) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status = ToGrpc(absl::Status(static_cast<Code>(code), "why"));
    EXPECT_EQ(static_cast<int>(status.error_code()), code);
    EXPECT_EQ(status.error_message(), "why");
  }
}

}  // namespace
}  // namespace sotto
