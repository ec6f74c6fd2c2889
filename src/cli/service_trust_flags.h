// The flags of commands that verify a service before they use it: `sotto connect`, `sotto
// provision`.
#ifndef SOTTO_CLI_SERVICE_TRUST_FLAGS_H_
#define SOTTO_CLI_SERVICE_TRUST_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/status.h"
#include "cli/named_files.h"
#include "connect/options.h"
#include "connect/service_verdict.h"

namespace sotto {

inline constexpr size_t kSmallFileBytes = size_t{1} << 20;  // Of files that people write.

struct ServiceTrustFlags {
  std::string url = {}, policy = {}, collateral = {}, ca = {}, log_level = "warning";
  int64_t warn_days = 7;
};

// `flags` outlives `command`.
void AddServiceTrustFlags(CLI::App& command, ServiceTrustFlags& flags);
// After parsing: the service, the policy and the collateral's path, once `files`, beside these
// flags', are known to be apart. Sets the process's log level. UsageError naming the flag; errors
// of files.
absl::StatusOr<ConnectOptions> ReadServiceTrust(const ServiceTrustFlags& flags, NamedFiles files);

// "authorities ..." of the library is about --ca here.
absl::Status InTrustFlags(const absl::Status& status);
// A service that was refused before there was a verdict: RefusedVerdict(). Else `status`.
absl::Status AsRefusal(const absl::Status& status);

VerdictFormat FormatOf(const ServiceTrustFlags& flags);
// Prints `text`, which says the verdict. RefusedVerdict() unless it is accepted.
absl::Status PrintServiceVerdict(const ServiceVerdict& verdict, const std::string& text);

}  // namespace sotto

#endif  // SOTTO_CLI_SERVICE_TRUST_FLAGS_H_
