// `sotto verify`: what it prints, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/strings.h"
#include "testing/prefill_program.h"
#include "testing/run_program.h"
#include "testing/synthetic_evidence.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr int kRefused = 3;
constexpr char kPolicyText[] =
    "tcb_status = [\"ConfigurationAndSWHardeningNeeded\"]\n"
    "allowed_advisories = [\"INTEL-SA-00289\", \"INTEL-SA-00615\"]\n"
    "[sgx]\n"
    "mrenclave = \"33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb\"\n";

class VerifyTest : public testing::Test {
 protected:
  // Made evidence, under a root that is not Intel's: the program has no flag that would accept it.
  VerifyTest() {
    const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
    quote_ = dir_.Write("quote", evidence.quote);
    collateral_ = dir_.Write("collateral.json", evidence.collateral);
    policy_ = dir_.Write("policy.toml", kPolicyText);
  }
  ProgramResult Verify(std::vector<std::string> flags, const ProgramOptions& options = {}) {
    flags.insert(flags.begin(),
                 {"verify", "--quote", quote_, "--collateral", collateral_, "--policy", policy_});
    return RunProgram("sotto", flags, options);
  }
  // The real quote of the test data instead.
  bool TakeRealQuote() {
    const auto data = TestDataDir();
    if (!data || !std::filesystem::is_directory(*data + "/attestation")) return false;
    quote_ = *data + "/attestation/phala_sgx_quote.bin";
    collateral_ = *data + "/attestation/phala_sgx_collateral.json";
    return true;
  }

  TempDir dir_;
  std::string quote_, collateral_, policy_;
};

TEST_F(VerifyTest, ARefusalNamesEveryReasonAndIsAnExitCodeOfItsOwn) {
  const ProgramResult run = Verify({"--at", "2031-05-10T12:00:00Z"});
  EXPECT_EQ(run.exit_code, kRefused);
  EXPECT_THAT(run.out, StartsWith("refused: SGX quote of version 3, at 2031-05-10T12:00:00Z\n"));
  EXPECT_THAT(run.out, HasSubstr("reason       pck_chain.untrusted: the chain ends in a root "
                                 "whose key is not Intel's\n"));
  EXPECT_THAT(run.out, HasSubstr("reason       policy.mrenclave: "));
  EXPECT_EQ(run.err, "sotto: error: the quote is refused, for 6 reasons\n");
}

TEST_F(VerifyTest, Json) {
  const ProgramResult run = Verify(
      {"--json", "--at", "2031-05-10", "--warn-days", "30", "--report-data", std::string(64, '0')});
  EXPECT_EQ(run.exit_code, kRefused);
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json["accepted"], false);
  EXPECT_EQ(json["at"], "2031-05-10T00:00:00Z");
  EXPECT_EQ(json["reasons"].size(), 7u) << run.out;
  EXPECT_EQ(json["report_data_compared"], true);
  EXPECT_EQ(json["expiries"][0]["warn"], true);
}

TEST_F(VerifyTest, FromAPipe) {
  const std::string quote = dir_.Read("quote");
  quote_ = "-";
  const ProgramResult run = Verify({"--at", "2031-05-10"}, {.input = quote});
  EXPECT_EQ(run.exit_code, kRefused);
  EXPECT_THAT(run.out, StartsWith("refused: SGX quote of version 3"));
}

TEST_F(VerifyTest, BadFlagsAreRefusedBeforeAFileIsRead) {
  const struct {
    std::vector<std::string> flags;
    const char* message;
  } cases[] = {
      {{"--at", "yesterday"}, "--at: must be a date"},
      {{"--at", "2031-02-30"}, "--at: must be a date"},
      {{"--report-data", "abc"}, "--report-data: must be 64 or 128 hexadecimal digits"},
      {{"--report-data", std::string(64, 'x')}, "--report-data: must be 64 or 128"},
      {{"--warn-days", "-1"}, "--warn-days"},
      {{"--insecure-test-root", "root.pem"}, "unknown flag \"--insecure-test-root\""},
  };
  quote_ = "/nonexistent";
  for (const auto& c : cases) {
    const ProgramResult run = Verify(c.flags);
    EXPECT_EQ(run.exit_code, kUsage) << c.message;
    EXPECT_THAT(run.err, HasSubstr(c.message));
    EXPECT_THAT(run.out, IsEmpty());
  }
  EXPECT_EQ(RunProgram("sotto", {"verify", "--quote", "q"}).exit_code, kUsage);
}

TEST_F(VerifyTest, ARuleForTheKeysetNeedsOne) {
  policy_ = dir_.Write("keyset.toml", StrCat("keyset_subject = \"scores\"\n", kPolicyText));
  const ProgramResult run = Verify({});
  EXPECT_EQ(run.exit_code, kUsage);
  EXPECT_THAT(run.err, HasSubstr("--quote: names no keyset, which the policy has a rule for"));
}

// As "$NONCE" that is not set: the check would be off without a word.
TEST_F(VerifyTest, AnEmptyValueIsNoFlagLeftOut) {
  for (const std::string flag : {"--report-data", "--at"}) {
    const ProgramResult run = Verify({flag, ""});
    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr(flag + ": is given an empty value"));
  }
  const std::vector<std::string> receipt = {"verify-receipt", "--receipt", "r", "--keyset", "k"};
  for (const std::string flag : {"--request", "--response", "--model-sha256"}) {
    std::vector<std::string> words = receipt;
    words.insert(words.end(), {flag, ""});
    EXPECT_THAT(RunProgram("sotto", words).err, HasSubstr(flag + ": is given an empty value"));
  }
  for (const std::string flag : {"--ca", "--receipts"}) {
    const ProgramResult run = RunProgram("sotto", {"connect", "https://localhost:1", "--policy",
                                                   "p", "--collateral", "c", flag, ""});
    EXPECT_THAT(run.err, HasSubstr(flag + ": is given an empty value"));
  }
}

TEST_F(VerifyTest, FilesThatCannotBeReadAreFailuresNotVerdicts) {
  policy_ = dir_.Write("bad.toml", "[sgx]\nmrenclav = \"\"\n");
  ProgramResult run = Verify({});
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, HasSubstr("bad.toml: line 2: sgx.\"mrenclav\" is unknown; did you mean "
                                 "mrenclave?"));
  EXPECT_THAT(run.out, IsEmpty());
  policy_ = dir_.File("policy.toml");
  quote_ = dir_.File("nothing");
  run = Verify({});
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, HasSubstr("nothing"));
  EXPECT_THAT(run.out, IsEmpty());
}

TEST_F(VerifyTest, TheRealQuoteOnItsOwnDayAndToday) {
  if (!TakeRealQuote()) GTEST_SKIP() << kNoTestData;
  ProgramResult run = Verify({"--at", "2025-06-20", "--warn-days", "30"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, IsEmpty());
  EXPECT_THAT(run.out, StartsWith("accepted: SGX quote of version 3"));
  EXPECT_THAT(run.out, HasSubstr("  TCB          ConfigurationAndSWHardeningNeeded "
                                 "INTEL-SA-00289 INTEL-SA-00615\n"));
  EXPECT_THAT(run.out, HasSubstr("  warning      2025-07-19T10:01:18Z, 29 days left "
                                 "(qe_identity)\n"));
  run = Verify({});
  EXPECT_EQ(run.exit_code, kRefused);
  EXPECT_THAT(run.out, HasSubstr("tcb_info.expired"));
}

}  // namespace
}  // namespace sotto
