#include "tools/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/audit_test_util.h"
#include "trusted/split/pads.h"
#include "trusted/split/relay.h"
#include "trusted/split/shares.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(AuditTest, PlainIsBrokenByEveryAttackThatLooksForTheText) {
  UnprotectedRows plain(checkpoint_->config());
  const auto findings = Audit(plain);
  for (const char* attack : {"uniformity", "magnitude and outliers", "row space"}) {
    EXPECT_THAT(Succeeded(findings), Contains(attack));
  }
  for (const AuditFinding& f : findings) {
    if (f.attack == "nearest embedding") {
      EXPECT_EQ(f.statistic, 96);
    }
  }
  EXPECT_TRUE(AnyAttackSucceeded(findings));
}

TEST_F(AuditTest, SharesWithstand) {
  for (size_t servers : {2, 3}) {
    ShareBlinder shares(checkpoint_->config(), servers, ProcessDrbg());
    const auto findings = Audit(shares);
    EXPECT_THAT(Succeeded(findings), IsEmpty()) << FormatFindings(findings);
    EXPECT_EQ(findings.size(), 9 * servers);
  }
}

// The sink sees X - R and R W + M, the source two seeds.
TEST_F(AuditTest, RelaysWithstand) {
  RelayBlinder relay(checkpoint_->config(), uint64_t{1} << 30, ProcessDrbg());
  const auto findings = Audit(relay);
  EXPECT_THAT(Succeeded(findings), IsEmpty()) << FormatFindings(findings);
  EXPECT_EQ(findings.size(), 9u * 2);
}

// One exchange twice: both its seeds repeat for the source, and what arrives for the sink.
TEST_F(AuditTest, WordsThatArriveThroughARelayAreAttackedToo) {
  Transcript transcript;
  transcript.set_product([](LinearLayer layer, ConstMatrixView<uint32_t> x) {
    Matrix<uint32_t> zeros(x.rows(), ShapeOf(checkpoint_->config(), layer).n_out);
    std::fill_n(zeros.view().data(), zeros.view().size(), 0u);
    return zeros;
  });
  RelayBlinder relay(checkpoint_->config(), uint64_t{1} << 30, ProcessDrbg());
  const LinearLayer layer{LinearKind::kQkv, 0};
  const auto blinding = relay.Begin(layer, 8);
  ASSERT_TRUE(blinding.ok());
  for (int i = 0; i < 2; ++i) transcript.Record(0, layer, (*blinding)->Message(0, {}));
  ASSERT_EQ(transcript.messages().size(), 6u);
  std::vector<size_t> found(2);
  for (const AuditFinding& f : RunAttacks(transcript, *subject_)) {
    if (f.succeeded) ++found[f.server];
  }
  EXPECT_GT(found[0], 0u);
  EXPECT_GT(found[1], 0u);
}

TEST_F(AuditTest, PadsWithstand) {
  auto weights = std::make_shared<PadWeights>(checkpoint_->config(), FixedWeights::k12Bits);
  PadOptions options;
  options.rows = 48;
  PadBlinder pads(weights, options, ProcessDrbg());
  const auto findings = Audit(pads);
  EXPECT_THAT(Succeeded(findings), IsEmpty()) << FormatFindings(findings);
}

TEST_F(AuditTest, TheTableNamesAttacksAndNoTokens) {
  UnprotectedRows plain(checkpoint_->config());
  const std::string table = FormatFindings(Audit(plain));
  EXPECT_THAT(table, HasSubstr("nearest embedding"));
  EXPECT_THAT(table, HasSubstr("BROKEN"));
  EXPECT_THAT(table, HasSubstr("tokens of the prompt recovered"));
}

}  // namespace
}  // namespace sotto
