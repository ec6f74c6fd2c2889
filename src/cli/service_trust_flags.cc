#include "cli/service_trust_flags.h"

#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/setting.h"

namespace sotto {
namespace {

constexpr int64_t kMostWarnDays = 3660;

absl::Status ReadTrust(const ServiceTrustFlags& flags, ConnectOptions& options) {
  const std::string policy_path = InputPath(flags.policy);
  SOTTO_ASSIGN_OR_RETURN(const std::string policy, ReadFileOrPipe(policy_path, kSmallFileBytes));
  SOTTO_ASSIGN_OR_RETURN(options.policy, ParseAttestationPolicy(policy, DisplayName(policy_path)));
  options.collateral_path = flags.collateral;
  // It is read anew for each report: what cannot be read is known now.
  SOTTO_RETURN_IF_ERROR(ReadFile(flags.collateral).status());
  if (flags.ca.empty()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(options.authorities, ReadFileOrPipe(InputPath(flags.ca), kSmallFileBytes));
  return absl::OkStatus();
}

}  // namespace

void AddServiceTrustFlags(CLI::App& command, ServiceTrustFlags& flags) {
  command.add_option("URL", flags.url, "The service, https://HOST:PORT")->required();
  command.add_option("--policy", flags.policy, "What to accept, TOML")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--collateral", flags.collateral,
                  "What Intel says of the service's platform, JSON; read anew for every report")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--ca", flags.ca,
                  "PEM file of authorities, one of which must have signed the certificate as well "
                  "(none: the attested key is enough)")
      ->type_name("FILE");
  command.add_option("--warn-days", flags.warn_days, "Warn of collateral that ends so soon (7)")
      ->type_name("N")
      ->check(CLI::Range(int64_t{0}, kMostWarnDays));
  command
      .add_option("--log-level", flags.log_level,
                  "Messages on stderr: error, warning, info or debug (warning)")
      ->type_name("LEVEL");
}

absl::StatusOr<ConnectOptions> ReadServiceTrust(const ServiceTrustFlags& flags, NamedFiles files) {
  const absl::StatusOr<LogLevel> level = ParseLogLevel(flags.log_level);
  if (!level.ok()) return UsageError(StrCat("--log-level: ", ToStd(level.status().message())));
  SetLogLevel(*level);
  ConnectOptions options;
  absl::StatusOr<ServiceAddress> service = ParseServiceUrl(flags.url);
  if (!service.ok()) return UsageError(StrCat("URL: ", ToStd(service.status().message())));
  options.service = *std::move(service);
  files.inputs.push_back({"--policy", InputPath(flags.policy)});
  files.inputs.push_back({"--collateral", flags.collateral});
  if (!flags.ca.empty()) files.inputs.push_back({"--ca", InputPath(flags.ca)});
  files.outputs.push_back({"standard output", "/dev/stdout"});
  SOTTO_RETURN_IF_ERROR(files.CheckApart());
  SOTTO_RETURN_IF_ERROR(ReadTrust(flags, options));
  return options;
}

absl::Status InTrustFlags(const absl::Status& status) {
  const std::string_view message = ToStd(status.message());
  constexpr std::string_view kAuthorities = "authorities";
  if (!message.starts_with(kAuthorities)) return status;
  return UsageError(StrCat("--ca", message.substr(kAuthorities.size())));
}

absl::Status AsRefusal(const absl::Status& status) {
  const bool refused = absl::IsPermissionDenied(status) &&
                       ToStd(status.message()).starts_with("the service is refused");
  return refused ? RefusedVerdict(ToStd(status.message())) : status;
}

VerdictFormat FormatOf(const ServiceTrustFlags& flags) {
  return {.warn_within = std::chrono::days(flags.warn_days)};
}

absl::Status PrintServiceVerdict(const ServiceVerdict& verdict, const std::string& text) {
  std::fputs(text.c_str(), stdout);
  if (verdict.accepted()) return absl::OkStatus();
  const size_t count = verdict.reasons.size();
  return RefusedVerdict(
      StrCat("the service is refused, for ", count, count == 1 ? " reason" : " reasons"));
}

}  // namespace sotto
