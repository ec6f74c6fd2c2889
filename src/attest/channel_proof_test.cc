#include "attest/channel_proof.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "attest/canonical_json.h"
#include "attest/outside_json.h"

namespace sotto {
namespace {

const std::string kExporter(kChannelExporterBytes, '\x5a');

struct ChannelKeys {
  Ed25519Key channel = Ed25519Key::FromSeed(std::string(32, '\x07')).value();
  Ed25519Key receipt = Ed25519Key::FromSeed(std::string(32, '\x08')).value();
  WorkloadKeyset keyset = WorkloadKeyset::Make(
      std::nullopt, 2000000000,
      {{"receipt-1", std::string(kReceiptKeyAlgo), absl::BytesToHexString(receipt.public_key())}},
      {},
      {{"channel-1", std::string(kChannelKeyAlgo), absl::BytesToHexString(channel.public_key())}});
};

bool IsRefused(const ChannelProof& proof, const WorkloadKeyset& keyset,
               const std::string& exporter = kExporter) {
  return absl::IsPermissionDenied(CheckChannelProof(proof, keyset, exporter));
}

TEST(ChannelProofTest, StatementIsItsOwnCanonicalForm) {
  const std::string statement = ChannelStatement(kExporter, "sha256:" + std::string(64, '0'));
  EXPECT_EQ(statement,
            R"({"exporter":"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",)"
            R"("keyset_digest":"sha256:)" +
                std::string(64, '0') + R"(","purpose":"sotto.channel.v1"})");
  EXPECT_EQ(CanonicalJson(ParseOutsideObject(statement).value()).value(), statement);
}

TEST(ChannelProofTest, HoldsForItsConnectionAndKeysetAlone) {
  const ChannelKeys keys;
  const auto made = MakeChannelProof(kExporter, keys.keyset, "channel-1", keys.channel);
  const ChannelProof proof = ParseChannelProof(ChannelProofToJson(made.value())).value();
  EXPECT_TRUE(CheckChannelProof(proof, keys.keyset, kExporter).ok());
  EXPECT_TRUE(IsRefused(proof, keys.keyset, std::string(kChannelExporterBytes, '\x5b')));
  const WorkloadKeyset later =
      WorkloadKeyset::Make(std::nullopt, 2000000001, {}, {}, keys.keyset.e2ee_public_keys());
  EXPECT_TRUE(IsRefused(proof, later));
  // The digest is part of what is signed.
  ChannelProof renamed = proof;
  renamed.keyset_digest = later.digest();
  EXPECT_TRUE(IsRefused(renamed, later));
}

TEST(ChannelProofTest, IsTheChannelKeysAlone) {
  const ChannelKeys keys;
  // The receipt key signs no channels, under no name.
  for (const char* name : {"channel-1", "receipt-1", "another"}) {
    EXPECT_TRUE(IsRefused(MakeChannelProof(kExporter, keys.keyset, name, keys.receipt).value(),
                          keys.keyset));
  }
  ChannelProof flipped =
      MakeChannelProof(kExporter, keys.keyset, "channel-1", keys.channel).value();
  flipped.signature[5] = static_cast<char>(flipped.signature[5] ^ 1);
  EXPECT_TRUE(IsRefused(flipped, keys.keyset));
}

TEST(ChannelProofTest, MalformedProofsAreRefused) {
  const ChannelKeys keys;
  const std::string good = ChannelProofToJson(
      MakeChannelProof(kExporter, keys.keyset, "channel-1", keys.channel).value());
  EXPECT_TRUE(ParseChannelProof(good).ok());
  EXPECT_FALSE(ParseChannelProof(good + std::string(kMaxChannelProofBytes, ' ')).ok());
  EXPECT_FALSE(ParseChannelProof("\xef\xbb\xbf" + good).ok());
  for (const char* bad : {"", "[]", "{}", R"({"workload_keyset_digest":"x","key_id":"k"})",
                          R"({"workload_keyset_digest":"x","key_id":"k","signature":"00"})",
                          R"({"workload_keyset_digest":1,"key_id":"k","signature":""})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseChannelProof(bad).status())) << bad;
  }
}

}  // namespace
}  // namespace sotto
