// `sotto verify-receipt`: what it prints, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "attest/canonical_json.h"
#include "attest/ed25519.h"
#include "attest/keyset.h"
#include "base/strings.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int kRefusedExit = 3;

class VerifyReceiptTest : public testing::Test {
 protected:
  VerifyReceiptTest() {
    const auto key = Ed25519Key::Generate();
    const WorkloadKeyset keyset = WorkloadKeyset::Make(
        "demo", 1800000000, {{"receipt-1", "ed25519", absl::BytesToHexString(key->public_key())}},
        {});
    json receipt = {{"api_version", "aci/1"},
                    {"receipt_id", "r1"},
                    {"chat_id", nullptr},
                    {"model", "kjv-2m"},
                    {"workload_keyset_digest", keyset.digest()},
                    {"endpoint", "/v1/completions"},
                    {"method", "POST"},
                    {"served_at", 1750000000u},
                    {"event_log",
                     {{{"type", "request.received"}, {"body_hash", PrefixedSha256("asked")}},
                      {{"type", "response.returned"}, {"body_hash", PrefixedSha256("told")}}}},
                    {"key_id", "receipt-1"}};
    receipt["signature"] = absl::BytesToHexString(*key->Sign(*CanonicalJson(receipt)));
    receipt_ = dir_.Write("receipt.json", receipt.dump(1));
    keyset_ = dir_.Write("report.json",
                         json{{"attestation", {{"workload_keyset", keyset.json()}}}}.dump());
    request_ = dir_.Write("request", "asked");
    response_ = dir_.Write("response", "told");
  }
  ProgramResult Verify(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"verify-receipt", "--receipt", receipt_, "--keyset", keyset_});
    return RunProgram("sotto", flags, {});
  }

  TempDir dir_;
  std::string receipt_, keyset_, request_, response_;
};

TEST_F(VerifyReceiptTest, Accepted) {
  const ProgramResult run = Verify({"--request", request_, "--response", response_});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(run.out, StartsWith("accepted: receipt r1, keyset sha256:"));
  EXPECT_THAT(run.out, HasSubstr("POST /v1/completions"));
}

TEST_F(VerifyReceiptTest, ARefusalNamesEveryReason) {
  const ProgramResult run = Verify({"--request", response_, "--response", request_, "--json"});
  EXPECT_EQ(run.exit_code, kRefusedExit);
  EXPECT_EQ(run.err, "sotto: error: the receipt is refused, for 2 reasons\n");
  const json verdict = json::parse(run.out);
  EXPECT_EQ(verdict["accepted"], false);
  EXPECT_EQ(verdict["reasons"][0]["id"], "request_mismatch");
  EXPECT_EQ(verdict["reasons"][1]["id"], "response_mismatch");
  EXPECT_EQ(verdict["response_body_hash"], PrefixedSha256("told"));
}

TEST_F(VerifyReceiptTest, FilesThatCannotBeUsed) {
  keyset_ = dir_.Write("no_keyset.json", "{\"not_after\": 7}");
  ProgramResult run = Verify({});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("--keyset: "));
  EXPECT_THAT(run.err, HasSubstr("receipt_signing_keys is not an array"));
  EXPECT_EQ(run.out, "");
  run = Verify({"--model-sha256", "abc"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--model-sha256: must be 64 hexadecimal digits"));
  receipt_ = dir_.File("none");
  run = Verify({});
  EXPECT_EQ(run.exit_code, 1);
}

}  // namespace
}  // namespace sotto
