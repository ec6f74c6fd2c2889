// Where quotes come from: the TEE that the process runs in, or files of a test.
#ifndef SOTTO_CLI_ATTESTER_FLAG_H_
#define SOTTO_CLI_ATTESTER_FLAG_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "attest/keyset.h"
#include "base/status.h"
#include "cli/setting.h"
#include "trusted/tee/attester.h"

namespace sotto {

// Adds --insecure-test-attester DIR.
Setting AddTestAttesterFlag(CLI::App& app);

// Null where no TEE attests this process (MakeAttester(), and its errors). `test_directory`, of the
// flag: takes the files of a TEE in it instead, which is said whatever the log level; UsageError
// naming the flag for a directory without them, and in a TEE.
absl::StatusOr<std::shared_ptr<Attester>> FindAttester(const std::string& test_directory);

// Adds --nonce HEX.
Setting AddNonceFlag(CLI::App& app);
// After parsing: of the flag, which may be left out. UsageError naming it.
absl::StatusOr<std::optional<std::string>> ReadNonce(const Setting& flag);

// A line with an attestation report of this process (attest/aci_report.h). Errors of
// Attester::Quote().
absl::StatusOr<std::string> MakeReport(Attester& attester, const WorkloadKeyset& keyset,
                                       const std::optional<std::string>& nonce);

}  // namespace sotto

#endif  // SOTTO_CLI_ATTESTER_FLAG_H_
