#include "protocol/handshake.h"

#include "absl/strings/escaping.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/grpc_status.h"
#include "protocol/mismatch.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;
using testing::HasSubstr;

const std::string kOurs(64, 'a'), kTheirs(64, 'b');

pb::Description Description(uint32_t version, const std::string& release) {
  pb::Description description;
  description.set_protocol_version(version);
  description.set_software_version(release);
  description.set_weights_sha256(absl::HexStringToBytes(kTheirs));
  return description;
}

std::string Refusal(const pb::Description& description, Code code) {
  const absl::Status status =
      CheckDescription(description, {.config = {}, .weights_sha256 = kOurs}).status();
  EXPECT_EQ(status.code(), code) << status;
  return std::string(status.message());
}

TEST(HandshakeTest, WhoeverIsOlderIsToBeUpgraded) {
  EXPECT_EQ(Refusal(Description(kProtocolVersion - 1, "0.0.1"), Code::kUnimplemented),
            StrCat("the server speaks protocol version ", kProtocolVersion - 1, ", the client ",
                   kProtocolVersion,
                   ": the server is older; upgrade sotto-accelerator to " SOTTO_VERSION));
  EXPECT_THAT(Refusal(Description(kProtocolVersion + 1, "99.1\x1b"), Code::kUnimplemented),
              HasSubstr("the client is older; upgrade sotto to 99.1?"));
  EXPECT_THAT(std::string(OtherProtocolVersion(3, 4, "").message()),
              HasSubstr("the server is older; upgrade sotto-accelerator to the other's release"));
}

TEST(HandshakeTest, OtherWeightsAreNamedByBothDigests) {
  EXPECT_THAT(Refusal(Description(kProtocolVersion, ""), Code::kFailedPrecondition),
              HasSubstr(StrCat("SHA-256 ", kTheirs, ", expected ", kOurs)));
}

// The server refuses first: its words arrive as its status.
TEST(HandshakeTest, OtherWeightsAreKnownWhoeverSaysSo) {
  const absl::Status here = OtherWeights(kTheirs, kOurs);
  EXPECT_TRUE(IsOtherWeights(here));
  const absl::Status there = FromPeer(ToGrpc(here));
  EXPECT_TRUE(IsOtherWeights(there)) << there;
  EXPECT_THAT(std::string(there.message()), HasSubstr(", expected " + kOurs));
  EXPECT_FALSE(IsOtherWeights(absl::FailedPreconditionError("no place")));
}

}  // namespace
}  // namespace sotto
