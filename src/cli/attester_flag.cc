#include "cli/attester_flag.h"

#include <utility>

#include "attest/aci_report.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/command.h"
#include "trusted/tee/platform.h"
#include "trusted/tee/source_provenance.h"

namespace sotto {
namespace {

constexpr char kTestAttesterFlag[] = "--insecure-test-attester";
// The report in configfs that the files of a test have.
constexpr char kTestReport[] = "test";

absl::Status TestAttesterError(std::string_view why) {
  return UsageError(StrCat(kTestAttesterFlag, ": ", why));
}

absl::StatusOr<std::shared_ptr<Attester>> FindTestAttester(const std::string& directory) {
  if (ProtectsFromHost(DetectPlatform().platform)) {
    return TestAttesterError("is for tests outside a TEE, and this is one");
  }
  SOTTO_ASSIGN_OR_RETURN(
      std::shared_ptr<Attester> attester,
      MakeAttester(DetectPlatform(directory), {.root = directory, .tsm_report = kTestReport}));
  if (attester == nullptr) {
    return TestAttesterError(StrCat(directory, " has no files of a TEE that attests"));
  }
  Log(LogLevel::kError, StrCat(kTestAttesterFlag, ": quotes come from ", directory,
                               ", not from a TEE: THEY PROVE NOTHING, AND NOTHING IS PROTECTED"));
  return attester;
}

}  // namespace

Setting AddTestAttesterFlag(CLI::App& app) {
  return Setting(app, {.flag = kTestAttesterFlag,
                       .placeholder = "DIR",
                       .help = "FOR TESTS ONLY, PROVES NOTHING: quotes from the files of an "
                               "emulated TEE below DIR",
                       .shown_default = "the TEE this runs in"});
}

absl::StatusOr<std::shared_ptr<Attester>> FindAttester(const std::string& test_directory) {
  if (!test_directory.empty()) return FindTestAttester(test_directory);
  return MakeAttester(DetectPlatform());
}

Setting AddNonceFlag(CLI::App& app) {
  return Setting(app, {.flag = "--nonce",
                       .placeholder = "HEX",
                       .help = "What whoever verifies the report has chosen: 64 lower-case digits",
                       .shown_default = "none, which proves no freshness"});
}

absl::StatusOr<std::optional<std::string>> ReadNonce(const Setting& flag) {
  if (!flag.given()) return std::nullopt;
  if (IsAttestationNonce(flag.value())) return std::optional(flag.value());
  return UsageError(StrCat(flag.source(), ": must be 64 lower-case hexadecimal digits"));
}

absl::StatusOr<std::string> MakeReport(Attester& attester, const WorkloadKeyset& keyset,
                                       const std::optional<std::string>& nonce) {
  SOTTO_ASSIGN_OR_RETURN(
      std::string quote,
      attester.Quote(ReportDataSlot(AttestedReportData(keyset.digest(), nonce))));
  const AciReport report =
      MakeAciReport(attester.tee(), keyset, nonce, BuiltFrom(), std::move(quote));
  return StrCat(AciReportToJson(report), "\n");
}

}  // namespace sotto
