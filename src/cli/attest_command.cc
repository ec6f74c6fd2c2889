#include "cli/attest_command.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "attest/keyset.h"
#include "base/strings.h"
#include "cli/attester_flag.h"
#include "trusted/tee/platform.h"

namespace sotto {
namespace {

// The keyset has nothing in it that could grow old, but ACI wants an end.
constexpr std::chrono::hours kReportLife{1};

class AttestFlags {
 public:
  explicit AttestFlags(CLI::App& app)
      : nonce_(AddNonceFlag(app)), test_attester_(AddTestAttesterFlag(app)) {}

  absl::StatusOr<std::optional<std::string>> Nonce() const { return ReadNonce(nonce_); }
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
  SOTTO_ASSIGN_OR_RETURN(const std::string report, MakeReport(*attester, keyset, nonce));
  std::fputs(report.c_str(), stdout);
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
