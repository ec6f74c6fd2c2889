#include "cli/verify_command.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "attest/aci_report.h"
#include "attest/dates.h"
#include "attest/keyset.h"
#include "base/file.h"
#include "base/strings.h"
#include "cli/named_files.h"
#include "cli/setting.h"
#include "sotto/attestation.h"

namespace sotto {
namespace {

constexpr size_t kQuoteLimitBytes = size_t{1} << 20, kCollateralLimitBytes = size_t{1} << 24,
                 kPolicyLimitBytes = size_t{1} << 20;
constexpr size_t kReportDataBytes = 64, kDigestBytes = 32;
constexpr int64_t kMaxWarnDays = 3660;

struct VerifyFlags {
  std::string quote, report, nonce, collateral, policy, at, report_data;
  int64_t warn_days = 7;
  bool json = false;
};

absl::StatusOr<std::chrono::sys_seconds> TimeOf(const VerifyFlags& flags) {
  if (flags.at.empty()) {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  const auto time = ParseDate(flags.at);
  if (!time) return UsageError("--at: must be a date such as 2025-06-20 or 2025-06-20T12:00:00Z");
  return *time;
}

// 32 bytes, a digest, stand before 32 zeros.
absl::StatusOr<std::optional<std::string>> ReportDataOf(const VerifyFlags& flags) {
  const std::string& hex = flags.report_data;
  if (hex.empty()) return std::nullopt;
  bool digits = true;
  for (const char c : hex) digits = digits && absl::ascii_isxdigit(static_cast<unsigned char>(c));
  if (!digits || (hex.size() != 2 * kReportDataBytes && hex.size() != 2 * kDigestBytes)) {
    return UsageError("--report-data: must be 64 or 128 hexadecimal digits");
  }
  std::string bytes = absl::HexStringToBytes(hex);
  bytes.resize(kReportDataBytes);
  return bytes;
}

// A quote, or a report that one stands in, which is nothing without the nonce that it answers.
absl::Status CheckWhat(const VerifyFlags& flags) {
  if (flags.quote.empty() == flags.report.empty()) {
    return UsageError("--quote or --report: one of them is required");
  }
  if (flags.report.empty()) {
    return flags.nonce.empty() ? absl::OkStatus()
                               : UsageError("--nonce: has no effect without --report");
  }
  if (!flags.report_data.empty()) {
    return UsageError(
        "--report-data: cannot be combined with --report, which says what it must be");
  }
  if (IsAttestationNonce(flags.nonce)) return absl::OkStatus();
  return UsageError(
      "--nonce: is required with --report, 64 lower-case hexadecimal digits: what you chose when "
      "you "
      "asked for it");
}

// A rule that nothing can be checked against must not pass for one that was met.
absl::Status CheckKeysetRules(const AttestationPolicy& policy, bool is_report) {
  const bool any = !policy.keyset_digest.empty() || !policy.keyset_subject.empty();
  if (is_report || !any) return absl::OkStatus();
  return UsageError(
      "--quote: names no keyset, which the policy has a rule for (keyset_digest, keyset_subject); "
      "give --report");
}

absl::StatusOr<Verdict> VerdictOf(const VerifyFlags& flags) {
  SOTTO_RETURN_IF_ERROR(CheckWhat(flags));
  const bool is_report = !flags.report.empty();
  VerifyQuoteOptions options;
  SOTTO_ASSIGN_OR_RETURN(options.at, TimeOf(flags));
  SOTTO_ASSIGN_OR_RETURN(options.report_data, ReportDataOf(flags));
  const NamedFiles files{.inputs = {{is_report ? "--report" : "--quote",
                                     InputPath(is_report ? flags.report : flags.quote)},
                                    {"--collateral", InputPath(flags.collateral)},
                                    {"--policy", InputPath(flags.policy)}},
                         .outputs = {{"standard output", "/dev/stdout"}}};
  SOTTO_RETURN_IF_ERROR(files.CheckApart());
  SOTTO_ASSIGN_OR_RETURN(const std::string policy_text,
                         ReadFileOrPipe(files.inputs[2].path, kPolicyLimitBytes));
  SOTTO_ASSIGN_OR_RETURN(const AttestationPolicy policy,
                         ParseAttestationPolicy(policy_text, DisplayName(files.inputs[2].path)));
  SOTTO_RETURN_IF_ERROR(CheckKeysetRules(policy, is_report));
  SOTTO_ASSIGN_OR_RETURN(
      const std::string given,
      ReadFileOrPipe(files.inputs[0].path, is_report ? kMaxAciReportBytes : kQuoteLimitBytes));
  SOTTO_ASSIGN_OR_RETURN(const std::string collateral,
                         ReadFileOrPipe(files.inputs[1].path, kCollateralLimitBytes));
  if (is_report) return VerifyReport(given, flags.nonce, collateral, policy, options);
  return VerifyQuote(given, collateral, policy, options);
}

absl::Status RunVerify(const VerifyFlags& flags) {
  SOTTO_ASSIGN_OR_RETURN(const Verdict verdict, VerdictOf(flags));
  const VerdictFormat format{.warn_within = std::chrono::days(flags.warn_days)};
  const std::string text =
      flags.json ? VerdictToJson(verdict, format) + "\n" : FormatVerdict(verdict, format);
  std::fputs(text.c_str(), stdout);
  if (verdict.accepted()) return absl::OkStatus();
  const size_t count = verdict.reasons.size();
  return RefusedVerdict(
      StrCat("the quote is refused, for ", count, count == 1 ? " reason" : " reasons"));
}

}  // namespace

void AddVerifyCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* const command =
      app.add_subcommand("verify", "Check the quote of an SGX enclave or a TDX guest by a policy");
  const auto flags = std::make_shared<VerifyFlags>();
  command->add_option("--quote", flags->quote, "The quote, as the TEE gives it")->type_name("FILE");
  command
      ->add_option("--report", flags->report,
                   "Instead of a quote: the report that one stands in, of sotto attest, of a "
                   "service or beside a receipt")
      ->type_name("FILE");
  command->add_option("--nonce", flags->nonce, "What --report must answer: 64 digits of your own")
      ->type_name("HEX");
  command->add_option("--collateral", flags->collateral, "What Intel says of its platform, JSON")
      ->type_name("FILE")
      ->required();
  command->add_option("--policy", flags->policy, "What to accept, TOML")
      ->type_name("FILE")
      ->required();
  command->add_option("--at", flags->at, "The date at which all must be valid (now)")
      ->type_name("TIME");
  command
      ->add_option("--report-data", flags->report_data,
                   "What the quote must bind: 64 bytes, or 32 that zeros follow (anything)")
      ->type_name("HEX");
  command->add_option("--warn-days", flags->warn_days, "Warn of collateral that ends so soon (7)")
      ->type_name("N")
      ->check(CLI::Range(int64_t{0}, kMaxWarnDays));
  command->add_flag("--json", flags->json, "Print the verdict as one JSON object");
  command->callback([&invocation, flags, command] {
    invocation.run = [flags, command]() -> absl::Status {
      SOTTO_RETURN_IF_ERROR(CheckValuesGiven(*command));
      return RunVerify(*flags);
    };
  });
}

}  // namespace sotto
