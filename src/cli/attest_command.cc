#include "cli/attest_command.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "attest/aci_report.h"
#include "attest/keyset.h"
#include "base/strings.h"
#include "cli/attester_flag.h"
#include "trusted/tee/platform.h"
#include "trusted/tee/source_provenance.h"

namespace sotto {
namespace {

// The keyset has nothing in it that could grow old, but ACI wants an end.
constexpr std::chrono::hours kReportLife{1};

class AttestFlags {
 public:
  explicit AttestFlags(CLI::App& app)
      : nonce_(app, {.flag = "--nonce",
                     .placeholder = "HEX",
                     .help = "What whoever verifies the report has chosen: 64 lower-case digits",
                     .shown_default = "none, which proves no freshness"}),
        test_attester_(AddTestAttesterFlag(app)) {}

  absl::StatusOr<std::optional<std::string>> Nonce() const {
    if (!nonce_.given()) return std::nullopt;
    if (IsAttestationNonce(nonce_.value())) return std::optional(nonce_.value());
    return UsageError("--nonce: must be 64 lower-case hexadecimal digits");
  }
  std::string test_directory() const { return test_attester_.value(); }

 private:
  Setting nonce_, test_attester_;
};

int64_t EndOfReport() {
  const auto end = std::chrono::system_clock::now() + kReportLife;
  return std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch()).count();
}

absl::Status Attest(const AttestFlags& flags) {
  SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string> nonce, flags.Nonce());
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<Attester> attester,
                         FindAttester(flags.test_directory()));
  if (attester == nullptr) {
    return absl::FailedPreconditionError(StrCat("no report: ", DescribePlatform(DetectPlatform())));
  }
  const WorkloadKeyset keyset = WorkloadKeyset::Make(std::nullopt, EndOfReport(), {}, {});
  SOTTO_ASSIGN_OR_RETURN(
      std::string quote,
      attester->Quote(ReportDataSlot(AttestedReportData(keyset.digest(), nonce))));
  const AciReport report =
      MakeAciReport(attester->tee(), keyset, nonce, BuiltFrom(), std::move(quote));
  std::printf("%s\n", AciReportToJson(report).c_str());
  return absl::OkStatus();
}

}  // namespace

void AddAttestCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* const command = app.add_subcommand(
      "attest", "Print an attestation report of the TEE that this runs in (ACI, aci/1)");
  const auto flags = std::make_shared<AttestFlags>(*command);
  command->callback([&invocation, flags] { invocation.run = [flags] { return Attest(*flags); }; });
}

}  // namespace sotto
