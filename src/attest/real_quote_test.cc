// A quote of a real machine, with Intel's collateral of June 2025.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "absl/strings/escaping.h"
#include "base/file.h"
#include "base/strings.h"
#include "sotto/attestation.h"
#include "testing/sanitizer.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::IsSubsetOf;

class RealQuote : public testing::Test {
 protected:
  void SetUp() override {
    const auto dir = TestDataDir();
    if (!dir || !std::filesystem::is_directory(*dir + "/attestation")) GTEST_SKIP() << kNoTestData;
    quote_ = *ReadFile(*dir + "/attestation/phala_sgx_quote.bin");
    collateral_ = *ReadFile(*dir + "/attestation/phala_sgx_collateral.json");
    policy_.sgx =
        SgxRule{.mrenclave = {"33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb"}};
    policy_.tcb_status = {TcbStatus::kConfigurationAndSwHardeningNeeded};
    policy_.allowed_advisories = {"INTEL-SA-00289", "INTEL-SA-00615"};
  }
  Verdict VerifyAt(std::chrono::sys_seconds at) const {
    return VerifyQuote(quote_, collateral_, policy_, {.at = at});
  }

  const std::chrono::sys_seconds its_day_ = std::chrono::sys_days(std::chrono::year(2025) / 6 / 20);
  std::string quote_, collateral_;
  AttestationPolicy policy_;
};

TEST_F(RealQuote, HoldsOnItsOwnDay) {
  const Verdict verdict = VerifyAt(its_day_);
  EXPECT_TRUE(verdict.accepted()) << FormatVerdict(verdict);
  EXPECT_EQ(verdict.tcb_status, TcbStatus::kConfigurationAndSwHardeningNeeded);
  EXPECT_THAT(verdict.advisories, ElementsAre("INTEL-SA-00289", "INTEL-SA-00615"));
  EXPECT_EQ(verdict.claims.fmspc, "00a067110000");
  EXPECT_EQ(verdict.tcb_evaluation_data_number, 17u);
  EXPECT_EQ(verdict.claims.report_data.substr(0, 26), absl::BytesToHexString("Hello, world!"));
}

TEST_F(RealQuote, IsRefusedOnceItsCollateralHasEnded) {
  const auto today = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const Verdict verdict = VerifyAt(today);
  std::vector<std::string> ids;
  for (const Reason& reason : verdict.reasons) ids.push_back(ReasonId(reason));
  EXPECT_THAT(
      ids, testing::IsSupersetOf({"pck_crl.expired", "tcb_info.expired", "qe_identity.expired"}));
  EXPECT_THAT(ids, testing::Each(testing::EndsWith(".expired")));
}

TEST_F(RealQuote, IsRefusedByThePolicyThatAcceptsOnlyWhatIsUpToDate) {
  policy_.tcb_status = {TcbStatus::kUpToDate};
  policy_.allowed_advisories = {};
  const Verdict verdict = VerifyAt(its_day_);
  EXPECT_TRUE(verdict.genuine());
  EXPECT_EQ(verdict.reasons.size(), 3u) << FormatVerdict(verdict);
}

TEST_F(RealQuote, NoBitMayChange) {
  for (size_t byte = 0; byte < quote_.size(); byte += kUnderSanitizer ? 97 : 11) {
    std::string changed = quote_;
    changed[byte] = static_cast<char>(changed[byte] ^ (1 << (byte % 8)));
    std::swap(changed, quote_);
    EXPECT_FALSE(VerifyAt(its_day_).accepted()) << "byte " << byte;
    std::swap(changed, quote_);
  }
}

}  // namespace
}  // namespace sotto
