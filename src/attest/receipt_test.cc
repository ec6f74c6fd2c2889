// The vectors of ACI (draft aci/1), which two independent implementations share, and receipts that
// are not what they say.
#include "sotto/receipt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "attest/canonical_json.h"
#include "attest/ed25519.h"
#include "attest/keyset.h"
#include "attest/receipt_document.h"
#include "base/strings.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kPublicKey[] = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";
constexpr char kDigest[] =
    "sha256:53a5cd44b30dcc51999754c719f2628a041f174ecbf9662a6f8e898a10cd9371";
constexpr char kRequest[] = R"({"messages":[{"content":"hi","role":"user"}],"model":"demo-model"})";
constexpr char kResponse[] = R"({"choices":[],"id":"chatcmpl-123"})";
constexpr char kSignature[] =
    "d5b005e093bde3b577faf270b7184b09e169cacb0ecb206b103bd2581f997db0"
    "3da616175454b063323a23ac1dc68f1ce506c2a6eba8aa0561d5e724f0b80c03";

json Keyset() {
  return {{"subject", "dstack-app://example-app"},
          {"not_after", 1800000000u},
          {"receipt_signing_keys",
           {{{"key_id", "receipt-1"}, {"algo", "ed25519"}, {"public_key", kPublicKey}}}},
          {"e2ee_public_keys",
           {{{"key_id", "e2ee-1"},
             {"algo", "x25519-aes-256-gcm-hkdf-sha256"},
             {"public_key", "5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22"}}}},
          {"tls_public_keys",
           {{{"domain", "api.example.com"},
             {"spki_sha256", absl::BytesToHexString(std::string(32, '\xc0'))}}}}};
}

json Receipt() {
  return {{"api_version", "aci/1"},
          {"receipt_id", "rcpt-0001"},
          {"chat_id", "chatcmpl-123"},
          {"model", "demo-model"},
          {"workload_keyset_digest", kDigest},
          {"endpoint", "/v1/chat/completions"},
          {"method", "POST"},
          {"served_at", 1750000000u},
          {"event_log",
           {{{"type", "request.received"}, {"body_hash", PrefixedSha256(kRequest)}},
            {{"type", "request.forwarded"}, {"body_hash", PrefixedSha256(kRequest)}},
            {{"type", "upstream.verified"},
             {"result", "verified"},
             {"required", true},
             {"model_id", "demo-model"},
             {"session_id", "95ad1cb4dd25445808c2e9d116caf420b05703730b506395e8fc1ca6faeae28f"}},
            {{"type", "response.returned"}, {"body_hash", PrefixedSha256(kResponse)}}}},
          {"key_id", "receipt-1"},
          {"signature", kSignature}};
}

Ed25519Key Key() { return *Ed25519Key::FromSeed(std::string(32, '\x02')); }

// With a signature that is right for what it says.
json Signed(json receipt) {
  receipt.erase("signature");
  receipt["signature"] = absl::BytesToHexString(*Key().Sign(*CanonicalJson(receipt)));
  return receipt;
}

std::vector<std::string> Faults(const json& receipt, const json& keyset = Keyset(),
                                const ReceiptExpectations& expectations = {}) {
  const auto verdict = VerifyReceipt(receipt.dump(), keyset.dump(), expectations);
  EXPECT_TRUE(verdict.ok()) << verdict.status();
  std::vector<std::string> names;
  for (const ReceiptReason& reason : verdict->reasons) {
    names.emplace_back(ReceiptFaultName(reason.fault));
  }
  return names;
}

TEST(KeysetTest, TheVectorsOfTheSpecification) {
  const auto keyset = WorkloadKeyset::Parse(Keyset());
  ASSERT_TRUE(keyset.ok()) << keyset.status();
  EXPECT_EQ(keyset->digest(), kDigest);
  EXPECT_EQ(absl::BytesToHexString(AttestedReportData(
                kDigest, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")),
            "df2174d28130852b413646a3786927b93e94c11d770268b65def8bdba45cb49e");
  EXPECT_EQ(absl::BytesToHexString(AttestedReportData(kDigest, std::nullopt)),
            "0633919ca3f00e97bafaa3304278eb22420cc3ff0d19f87dfca2d3f7508150bc");
  EXPECT_EQ(absl::BytesToHexString(Key().public_key()), kPublicKey);
}

TEST(KeysetTest, OneThatIsMadeIsRead) {
  const WorkloadKeyset made =
      WorkloadKeyset::Make(std::nullopt, 1800000000, {{"receipt-1", "ed25519", kPublicKey}},
                           {{std::string(64, 'a'), "api.example.com"}, {std::string(64, 'b')}});
  const auto read = WorkloadKeyset::Parse(json::parse(made.json().dump()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->digest(), made.digest());
  EXPECT_EQ(read->tls_public_keys()[0].domain, "api.example.com");
  EXPECT_EQ(read->tls_public_keys()[1].domain, std::nullopt);
}

TEST(KeysetTest, WhatIsNoKeysetIsNamed) {
  const std::pair<std::function<void(json&)>, std::string> cases[] = {
      {[](json& k) { k["not_after"] = "soon"; }, "not_after is not seconds since 1970"},
      {[](json& k) { k["not_after"] = -1; }, "not_after is not seconds since 1970"},
      {[](json& k) { k["subject"] = 7; }, "subject is not a string"},
      {[](json& k) { k.erase("tls_public_keys"); },
       "tls_public_keys is not an array of at most 64 objects"},
      {[](json& k) { k["e2ee_public_keys"] = 7; },
       "e2ee_public_keys is not an array of at most 64 objects"},
      {[](json& k) { k["receipt_signing_keys"][0]["public_key"] = "8139"; },
       "receipt_signing_keys[0].public_key is not 64 lower-case hexadecimal digits"},
      {[](json& k) { k["receipt_signing_keys"][0]["public_key"] = "01" + std::string(62, '0'); },
       "receipt_signing_keys[0].public_key is not a key: under this point anybody can sign"},
      {[](json& k) { k["receipt_signing_keys"].push_back(k["receipt_signing_keys"][0]); },
       "receipt_signing_keys[1].key_id names two keys"},
      {[](json& k) { k["tls_public_keys"][0]["spki_sha256"] = std::string(64, 'C'); },
       "tls_public_keys[0].spki_sha256 is not 64 lower-case hexadecimal digits"},
      {[](json& k) { k["tls_public_keys"][0]["domain"] = nullptr; },
       "tls_public_keys[0].domain is not a string"},
      {[](json& k) { k["other"] = uint64_t{1} << 60; }, "an integer is beyond 2^53 - 1"},
  };
  for (const auto& [break_it, message] : cases) {
    json keyset = Keyset();
    break_it(keyset);
    const absl::Status status = WorkloadKeyset::Parse(keyset).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ToStd(status.message()), message);
  }
}

TEST(ReceiptTest, TheVectorsOfTheSpecification) {
  EXPECT_EQ(Signed(Receipt())["signature"], kSignature);
  const ReceiptExpectations bodies{.request_body = kRequest, .response_body = kResponse};
  const auto verdict = VerifyReceipt(Receipt().dump(2), Keyset().dump(), bodies);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_THAT(verdict->reasons, IsEmpty());
  EXPECT_EQ(verdict->receipt_id, "rcpt-0001");
  EXPECT_EQ(verdict->model, "demo-model");
  EXPECT_EQ(verdict->served_at, 1750000000);
  EXPECT_EQ(verdict->request_sha256, PrefixedSha256(kRequest));
  EXPECT_THAT(verdict->events, ElementsAre("request.received", "request.forwarded",
                                           "upstream.verified", "response.returned"));
  const json report = {{"attestation", {{"workload_keyset", Keyset()}}}};
  EXPECT_THAT(Faults(Receipt(), report, bodies), IsEmpty());
}

TEST(ReceiptTest, OtherBodiesAreRefused) {
  EXPECT_THAT(Faults(Receipt(), Keyset(), {.request_body = "{}", .response_body = ""}),
              ElementsAre("request_mismatch", "response_mismatch"));
}

TEST(ReceiptTest, EveryAlteredMemberBreaksTheSignature) {
  const json genuine = Receipt();
  for (const auto& [name, value] : genuine.items()) {
    json receipt = genuine;
    if (name == "signature") {
      receipt[name] = std::string(128, '0');
    } else if (value.is_string()) {
      receipt[name] = value.get<std::string>() + " ";
    } else if (value.is_number()) {
      receipt[name] = value.get<uint64_t>() + 1;
    } else {
      receipt[name][1]["body_hash"] = "sha256:00";
    }
    EXPECT_THAT(Faults(receipt), testing::Not(IsEmpty())) << name;
  }
  json more = Receipt();
  more["extra"] = 1;
  EXPECT_THAT(Faults(more), ElementsAre("signature"));
}

TEST(ReceiptTest, OneThatIsWrittenIsTheVector) {
  const auto keyset = WorkloadKeyset::Parse(Keyset());
  ASSERT_TRUE(keyset.ok());
  const auto text = SignReceipt({.receipt_id = "rcpt-0001",
                                 .chat_id = "chatcmpl-123",
                                 .model = "demo-model",
                                 .endpoint = "/v1/chat/completions",
                                 .method = "POST",
                                 .served_at = 1750000000,
                                 .request_sha256 = PrefixedSha256(kRequest),
                                 .response_sha256 = PrefixedSha256(kResponse),
                                 .events = {Receipt()["event_log"][2]}},
                                {*keyset, "receipt-1", Key()});
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(json::parse(*text), Receipt());
}

TEST(ReceiptTest, AnEventWithoutACanonicalFormIsNotSigned) {
  const auto keyset = WorkloadKeyset::Parse(Keyset());
  ASSERT_TRUE(keyset.ok());
  EXPECT_EQ(SignReceipt({.events = {{{"type", "sotto.usage"}, {"tokens", uint64_t{1} << 60}}}},
                        {*keyset, "receipt-1", Key()})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

// Signed by the right key all the same.
TEST(ReceiptTest, WhatItLacksIsNamed) {
  const std::pair<std::function<void(json&)>, const char*> cases[] = {
      {[](json& r) { r["api_version"] = "aci/2"; }, "malformed"},
      {[](json& r) { r.erase("endpoint"); }, "malformed"},
      {[](json& r) { r["model"] = 7; }, "malformed"},
      {[](json& r) { r["served_at"] = "now"; }, "malformed"},
      {[](json& r) { r["event_log"] = json::object(); }, "malformed"},
      {[](json& r) { r["event_log"].erase(3); }, "malformed"},
      {[](json& r) { r["event_log"].push_back(r["event_log"][3]); }, "malformed"},
      {[](json& r) { std::swap(r["event_log"][0], r["event_log"][1]); }, "malformed"},
      {[](json& r) { r["event_log"][0].erase("type"); }, "malformed"},
      {[](json& r) { r["event_log"][3].erase("body_hash"); }, "malformed"},
      {[](json& r) { r["workload_keyset_digest"] = "sha256:00"; }, "keyset_mismatch"},
      {[](json& r) { r["served_at"] = 1800000001u; }, "keyset_expired"},
      {[](json& r) { r["key_id"] = "receipt-2"; }, "unknown_key"},
      {[](json& r) { r["extra"] = uint64_t{1} << 60; }, "malformed"},
  };
  for (const auto& [break_it, fault] : cases) {
    json receipt = Receipt();
    break_it(receipt);
    receipt.erase("signature");
    const auto message = CanonicalJson(receipt);
    receipt["signature"] =
        absl::BytesToHexString(message.ok() ? *Key().Sign(*message) : std::string(64, '\0'));
    EXPECT_THAT(Faults(receipt), ElementsAre(fault)) << receipt.dump();
  }
}

TEST(ReceiptTest, AnotherKeyUnderTheSameNameIsRefused) {
  json keyset = Keyset();
  keyset["receipt_signing_keys"][0]["public_key"] =
      absl::BytesToHexString(Ed25519Key::Generate()->public_key());
  json receipt = Receipt();
  receipt["workload_keyset_digest"] = WorkloadKeyset::Parse(keyset)->digest();
  EXPECT_THAT(Faults(Signed(receipt), keyset), ElementsAre("signature"));
}

TEST(ReceiptTest, TextThatIsNoReceipt) {
  const std::string marked = "\xef\xbb\xbf" + Receipt().dump();
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{\"a\":1,\"a\":2}"), std::string("{"),
        std::string("\xff"), marked}) {
    const auto verdict = VerifyReceipt(text, Keyset().dump());
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    ASSERT_EQ(verdict->reasons.size(), 1u);
    EXPECT_EQ(verdict->reasons[0].fault, ReceiptFault::kMalformed);
  }
  const std::string marked_keyset = "\xef\xbb\xbf" + Keyset().dump();
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{\"attestation\": {}}"),
        std::string("{\"attestation\": 1}"), std::string("{}"), marked_keyset}) {
    EXPECT_EQ(VerifyReceipt(Receipt().dump(), text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(ReceiptTest, TheModelIsThatOfItsOnlyEvent) {
  const std::string known(64, 'a'), other(64, 'b');
  json receipt = Receipt();
  json& log = receipt["event_log"];
  log.insert(log.begin() + 2, json{{"type", "sotto.model"}, {"model_sha256", known}});
  receipt = Signed(receipt);
  EXPECT_THAT(Faults(receipt, Keyset(), {.model_sha256 = known}), IsEmpty());
  EXPECT_THAT(Faults(receipt, Keyset(), {.model_sha256 = other}), ElementsAre("model_mismatch"));
  EXPECT_EQ(VerifyReceipt(receipt.dump(), Keyset().dump())->model_sha256, known);
  EXPECT_THAT(Faults(Receipt(), Keyset(), {.model_sha256 = known}), ElementsAre("model_mismatch"));
  receipt["event_log"].push_back(json{{"type", "sotto.model"}, {"model_sha256", other}});
  EXPECT_THAT(Faults(Signed(receipt), Keyset(), {.model_sha256 = known}),
              ElementsAre("model_mismatch"));
}

}  // namespace
}  // namespace sotto
