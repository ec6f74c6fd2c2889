// Against the files of a TEE as a thread of the test serves them: there is no hardware here.
#include "trusted/tee/attester.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "attest/keyset.h"
#include "base/strings.h"
#include "testing/emulated_tee.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::HasSubstr;

std::string ReportData(char c = 'r') { return ReportDataSlot(std::string(32, c)); }

class AttesterTest : public testing::TestWithParam<TeeKind> {
 protected:
  // Of what is in the directory.
  absl::StatusOr<std::unique_ptr<Attester>> Make() {
    return MakeAttester(DetectPlatform(root_.path()), {.root = root_.path(), .tsm_report = "test"});
  }
  absl::StatusOr<std::string> QuoteOf(EmulatedTeeOptions options) {
    const EmulatedTee tee(GetParam(), root_.path(), std::move(options));
    SOTTO_ASSIGN_OR_RETURN(const std::unique_ptr<Attester> attester, Make());
    return attester->Quote(ReportData());
  }
  std::string ErrorOf(EmulatedTeeOptions options) {
    return std::string(ToStd(QuoteOf(std::move(options)).status().message()));
  }

  TempDir root_;
};

INSTANTIATE_TEST_SUITE_P(Tees, AttesterTest, testing::Values(TeeKind::kSgx, TeeKind::kTdx),
                         [](const auto& info) {
                           return info.param == TeeKind::kSgx ? "Sgx" : "Tdx";
                         });

TEST_P(AttesterTest, QuotesAreOfWhatWasAsked) {
  const EmulatedTee tee(GetParam(), root_.path());
  const auto attester = Make();
  ASSERT_TRUE(attester.ok() && *attester != nullptr) << attester.status();
  EXPECT_EQ((*attester)->tee(), GetParam());
  for (const char c : {'a', 'b'}) {
    const auto quote = (*attester)->Quote(ReportData(c));
    ASSERT_TRUE(quote.ok()) << quote.status();
    const SyntheticEvidence same = SyntheticQuote(GetParam(), ReportData(c));
    const VerifyQuoteOptions options{
        .at = kEvidenceTime, .report_data = ReportData(c), .insecure_test_root = same.root_pem};
    const Verdict verdict = VerifyQuote(*quote, same.collateral, SyntheticPolicy(), options);
    EXPECT_TRUE(verdict.accepted()) << FormatVerdict(verdict);
    EXPECT_TRUE(verdict.report_data_compared);
  }
  EXPECT_EQ(tee.quotes(), 2);
}

TEST_P(AttesterTest, ManyAskAtOnceAndEachGetsItsOwn) {
  const EmulatedTee tee(GetParam(), root_.path());
  const auto attester = Make();
  ASSERT_TRUE(attester.ok() && *attester != nullptr);
  std::vector<std::thread> threads;
  std::vector<absl::Status> statuses(6);
  for (size_t i = 0; i < statuses.size(); ++i) {
    threads.emplace_back([&, i] {
      statuses[i] = (*attester)->Quote(ReportData(static_cast<char>('0' + i))).status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
}

TEST_P(AttesterTest, AQuoteOfSomethingElseNeverLeaves) {
  const TeeKind tee = GetParam();
  const TeeKind other = tee == TeeKind::kSgx ? TeeKind::kTdx : TeeKind::kSgx;
  EXPECT_THAT(
      ErrorOf({.quote =
                   [&](const std::string&) { return SyntheticQuote(tee, ReportData('x')).quote; }}),
      HasSubstr("other report data"));
  EXPECT_THAT(
      ErrorOf(
          {.quote = [&](const std::string& data) { return SyntheticQuote(other, data).quote; }}),
      HasSubstr("another kind of TEE"));
  EXPECT_THAT(ErrorOf({.quote = [](const std::string&) { return std::string(); }}),
              HasSubstr("is none"));
  EXPECT_THAT(ErrorOf({.quote = [](const std::string&) { return std::string(1 << 20, 'q'); }}),
              HasSubstr("limit"));
}

TEST_P(AttesterTest, TheHostMayRefuse) {
  const bool sgx = GetParam() == TeeKind::kSgx;
  const std::string directory = sgx ? "dev/attestation" : "sys/kernel/config/tsm/report/test";
  for (const std::string& path : {directory, std::string("dev")}) {
    std::filesystem::create_directories(root_.File(path));
  }
  if (sgx) {
    root_.Write(directory + "/attestation_type", "dcap");
    root_.Write(directory + "/user_report_data", "");
  } else {
    root_.Write("dev/tdx_guest", "");
    root_.Write(directory + "/provider", "tdx_guest\n");
    root_.Write(directory + "/generation", "1\n");
    root_.Write(directory + "/inblob", "");
  }
  const auto attester = Make();
  ASSERT_TRUE(attester.ok() && *attester != nullptr) << attester.status();
  const absl::Status refused = (*attester)->Quote(ReportData()).status();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(ToStd(refused.message())),
              HasSubstr(directory + (sgx ? "/quote" : "/outblob")));
}

TEST(TdxAttesterTest, WhatBelongsToOthersIsNoQuote) {
  const auto error = [](EmulatedTeeOptions options) {
    const TempDir root;
    const EmulatedTee tee(TeeKind::kTdx, root.path(), std::move(options));
    const auto attester =
        MakeAttester({Platform::kTdxGuest, ""}, {.root = root.path(), .tsm_report = "test"});
    const absl::Status status = (*attester)->Quote(ReportData()).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    return std::string(ToStd(status.message()));
  };
  EXPECT_THAT(error({.generations_per_write = 2}), HasSubstr("another process"));
  EXPECT_THAT(error({.generations_per_write = 0}), HasSubstr("no effect"));
  EXPECT_THAT(error({.provider = "sev_guest\n"}), HasSubstr("is not tdx_guest"));
  EXPECT_THAT(error({.provider = "tdx_guests"}), HasSubstr("is not tdx_guest"));
}

TEST(TdxAttesterTest, AGuestWithoutConfigfsGivesNoQuotes) {
  const TempDir root;
  std::filesystem::create_directories(root.path() + "/dev");
  root.Write("dev/tdx_guest", "");
  const auto attester = MakeAttester(DetectPlatform(root.path()), {.root = root.path()});
  EXPECT_TRUE(absl::IsFailedPrecondition(attester.status()));
  EXPECT_THAT(std::string(ToStd(attester.status().message())),
              testing::AllOf(HasSubstr("Linux 6.7"), HasSubstr("/dev/tdx_guest")));
}

TEST(NoAttesterTest, WhereThereIsNoTeeOrNoneThatAttests) {
  for (const PlatformReport& platform :
       {PlatformReport{}, PlatformReport{Platform::kGramineDirect, ""},
        PlatformReport{Platform::kGramineSgx, "none"}, PlatformReport{Platform::kGramineSgx, ""}}) {
    const auto attester = MakeAttester(platform);
    ASSERT_TRUE(attester.ok());
    EXPECT_EQ(*attester, nullptr);
  }
}

}  // namespace
}  // namespace sotto
