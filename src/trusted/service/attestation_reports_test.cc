#include "trusted/service/attestation_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>

#include "base/strings.h"
#include "testing/emulated_tee.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

using std::chrono::seconds;
using Time = AttestationReports::Time;
using Nonce = std::optional<std::string>;

constexpr Time kStart = Time(seconds(1000));

// Quotes without a TEE, counted; while `gate` is shut they take for ever.
class CountingAttester : public Attester {
 public:
  CountingAttester() : Attester(TeeKind::kSgx) {}

  std::atomic<int> quotes = 0;
  std::atomic<bool> refuses = false;
  std::shared_future<void> gate = {};

 private:
  absl::StatusOr<std::string> MakeQuote(std::string_view report_data) override {
    if (gate.valid()) gate.wait();
    ++quotes;
    if (refuses) return absl::UnavailableError("/some/file: cannot open");
    return SyntheticQuote(TeeKind::kSgx, std::string(report_data)).quote;
  }
};

std::string NonceOf(char digit) { return std::string(64, digit); }

class AttestationReportsTest : public testing::Test {
 protected:
  using Answer = absl::StatusOr<AttestationReports::Report>;

  std::future<Answer> AskLater(AttestationReports& reports, const Nonce& nonce,
                               Time now = kStart) const {
    auto promise = std::make_shared<std::promise<Answer>>();
    reports.Ask({keyset_, nonce}, now,
                [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }
  Answer Ask(AttestationReports& reports, const Nonce& nonce, Time now = kStart) const {
    return AskLater(reports, nonce, now).get();
  }

  CountingAttester attester_;
  std::shared_ptr<const WorkloadKeyset> keyset_ =
      std::make_shared<const WorkloadKeyset>(WorkloadKeyset::Make("demo", 2000000000, {}, {}));
};

TEST_F(AttestationReportsTest, AnswersTheNonce) {
  AttestationReports reports(attester_, {.provenance = {.repo_commit = "c0ffee"}});
  for (const Nonce& nonce : {Nonce(NonceOf('a')), Nonce(NonceOf('b')), Nonce()}) {
    const Answer answer = Ask(reports, nonce);
    ASSERT_TRUE(answer.ok()) << answer.status();
    const auto report = ParseAciReport(**answer, nonce);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->keyset.digest(), keyset_->digest());
    EXPECT_EQ(report->provenance.repo_commit, "c0ffee");
    const std::string report_data = ReportDataSlot(report->report_data);
    const SyntheticEvidence same = SyntheticQuote(TeeKind::kSgx, report_data);
    const Verdict verdict = VerifyQuote(
        report->quote, same.collateral, SyntheticPolicy(),
        {.at = kEvidenceTime, .report_data = report_data, .insecure_test_root = same.root_pem});
    EXPECT_TRUE(verdict.accepted()) << FormatVerdict(verdict);
  }
}

TEST_F(AttestationReportsTest, AnotherKeysetGetsAnotherReport) {
  AttestationReports reports(attester_);
  const Answer first = Ask(reports, NonceOf('a'));
  keyset_ =
      std::make_shared<const WorkloadKeyset>(WorkloadKeyset::Make("demo", 2000000001, {}, {}));
  const Answer second = Ask(reports, NonceOf('a'));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(ParseAciReport(**second, NonceOf('a'))->keyset.digest(), keyset_->digest());
  EXPECT_NE(**first, **second);
}

TEST_F(AttestationReportsTest, TheSameIsMadeOnceForAWhile) {
  AttestationReports reports(attester_, {.kept_for = seconds(60)});
  const Answer first = Ask(reports, NonceOf('a'));
  EXPECT_EQ(Ask(reports, NonceOf('a'), kStart + seconds(60)).value(), first.value());
  EXPECT_EQ(attester_.quotes, 1);
  EXPECT_TRUE(Ask(reports, std::nullopt).ok());
  EXPECT_EQ(attester_.quotes, 2);
  EXPECT_TRUE(Ask(reports, NonceOf('a'), kStart + seconds(61)).ok());
  EXPECT_EQ(attester_.quotes, 3);
}

TEST_F(AttestationReportsTest, KeepsSoManyTheLastOnesAskedFor) {
  AttestationReports reports(attester_, {.kept = 2});
  for (const char digit : {'a', 'b', 'a', 'c', 'a'}) {
    EXPECT_TRUE(Ask(reports, NonceOf(digit)).ok());
  }
  EXPECT_EQ(attester_.quotes, 3);
  EXPECT_TRUE(Ask(reports, NonceOf('b')).ok());  // It went for c.
  EXPECT_EQ(attester_.quotes, 4);
}

TEST_F(AttestationReportsTest, ManyNoncesAreMadeToWait) {
  AttestationReports reports(attester_, {.kept = 2, .quotes_per_second = 0.5, .quotes_at_once = 3});
  for (const char digit : {'a', 'b', 'c'}) EXPECT_TRUE(Ask(reports, NonceOf(digit)).ok());
  const Answer refused = Ask(reports, NonceOf('d'));
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status())) << refused.status();
  const HttpResponse response = ErrorResponse(refused.status());
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.headers,
              testing::Contains(std::pair<std::string, std::string>("Retry-After", "2")));
  EXPECT_TRUE(Ask(reports, NonceOf('c')).ok());  // It is kept.
  EXPECT_FALSE(Ask(reports, NonceOf('d'), kStart + seconds(1)).ok());
  EXPECT_TRUE(Ask(reports, NonceOf('d'), kStart + seconds(2)).ok());
  EXPECT_EQ(attester_.quotes, 4);
}

TEST_F(AttestationReportsTest, WhoWaitsForTheSameGetsTheSame) {
  std::promise<void> open;
  attester_.gate = open.get_future().share();
  AttestationReports reports(attester_, {.most_waiting = 3});
  auto a = AskLater(reports, NonceOf('a')), again = AskLater(reports, NonceOf('a')),
       b = AskLater(reports, NonceOf('b'));
  EXPECT_TRUE(absl::IsResourceExhausted(Ask(reports, NonceOf('c')).status()));
  open.set_value();
  EXPECT_EQ(a.get().value(), again.get().value());
  EXPECT_TRUE(b.get().ok());
  EXPECT_EQ(attester_.quotes, 2);
  EXPECT_TRUE(Ask(reports, NonceOf('c')).ok());
}

TEST_F(AttestationReportsTest, AHostThatRefusesIsAskedAgain) {
  AttestationReports reports(attester_);
  attester_.refuses = true;
  const Answer refused = Ask(reports, NonceOf('a'));
  EXPECT_TRUE(absl::IsUnavailable(refused.status()));
  // What files the service reads is nobody's business.
  EXPECT_THAT(std::string(ToStd(refused.status().message())),
              testing::Not(testing::HasSubstr("/some/file")));
  attester_.refuses = false;
  EXPECT_TRUE(Ask(reports, NonceOf('a')).ok());
}

}  // namespace
}  // namespace sotto
