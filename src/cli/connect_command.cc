#include "cli/connect_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "cli/service_trust_flags.h"
#include "connect/connector.h"

namespace sotto {
namespace {

constexpr int64_t kLongestTime = 366 * 86400, kMostClients = 100'000,
                  kLargestBucket = int64_t{1} << 26, kLargestAnswer = int64_t{1} << 36;
// What clients' requests get to finish after SIGTERM.
constexpr std::chrono::seconds kDrainTime{30};

struct ConnectFlags {
  ServiceTrustFlags trust;
  std::string listen = "127.0.0.1:8080", receipts;
  int64_t max_report_seconds = 3600, pad_to = 0, max_connections = 256,
          max_answer_bytes = int64_t{64} << 20;
  bool remote_clients = false, verify_only = false, json = false;
};

absl::StatusOr<ConnectOptions> OptionsOf(const ConnectFlags& flags) {
  if (flags.json && !flags.verify_only) {
    return UsageError("--json: has no effect without --verify-only");
  }
  SOTTO_ASSIGN_OR_RETURN(ConnectOptions options, ReadServiceTrust(flags.trust, {}));
  options.listen = flags.listen;
  options.any_listen_address = flags.remote_clients;
  options.maximum_report_age = std::chrono::seconds(flags.max_report_seconds);
  options.pad_to_bytes = static_cast<size_t>(flags.pad_to);
  if (!flags.receipts.empty()) options.receipts_dir = flags.receipts;
  options.limits.max_connections = static_cast<size_t>(flags.max_connections);
  options.limits.max_answer_bytes = static_cast<size_t>(flags.max_answer_bytes);
  options.limits.max_held_bytes =
      std::max(options.limits.max_held_bytes, options.limits.max_answer_bytes);
  return options;
}

// "listen: ..." of the library is about a flag here.
absl::Status InConnectFlags(const absl::Status& status) {
  const std::string_view message = ToStd(status.message());
  if (!message.starts_with("listen")) return InTrustFlags(status);
  const bool loopback = absl::IsInvalidArgument(status) && message.ends_with("address only");
  return absl::Status(
      status.code(),
      ToAbsl(StrCat("--", message, loopback ? " (--remote-clients permits others)" : "")));
}

void WarnOfCollateral(const ServiceVerdict& verdict, int64_t warn_days) {
  if (verdict.quote->expiries.empty()) return;
  const Expiry& first = verdict.quote->expiries.front();
  const auto left = std::chrono::floor<std::chrono::days>(first.at - verdict.at).count();
  if (left > warn_days) return;
  Log(LogLevel::kWarning, StrCat("--collateral: ", first.what, " ends in ", left,
                                 " days; put a newer file in its place before"));
}

absl::Status RunConnect(const ConnectFlags& flags,
                        const std::function<void(ConnectOptions&)>& for_tests) {
  SOTTO_ASSIGN_OR_RETURN(ConnectOptions options, OptionsOf(flags));
  if (for_tests) for_tests(options);
  // Before any thread exists: all inherit it, and one waits for them. While nobody is served they
  // end the program as they end any other, however long the service lets it wait.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  absl::StatusOr<std::unique_ptr<Connector>> connector = Connector::Create(options);
  SOTTO_RETURN_IF_ERROR(InConnectFlags(connector.status()));
  pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  const absl::StatusOr<ServiceVerdict> verdict = (*connector)->Verify();
  SOTTO_RETURN_IF_ERROR(AsRefusal(verdict.status()));
  if (flags.verify_only || !verdict->accepted()) {
    const VerdictFormat format = FormatOf(flags.trust);
    return PrintServiceVerdict(*verdict, flags.json ? ServiceVerdictToJson(*verdict, format) + "\n"
                                                    : FormatServiceVerdict(*verdict, format));
  }
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  WarnOfCollateral(*verdict, flags.trust.warn_days);
  SOTTO_RETURN_IF_ERROR(InConnectFlags((*connector)->Listen()));
  std::printf("listening on http://%s:%d\n",
              options.listen.substr(0, options.listen.rfind(':')).c_str(), (*connector)->port());
  std::fflush(stdout);
  Notice(StrCat("verified ", options.service.Authority(), ": keyset ", verdict->keyset->digest()));
  int signal = 0;
  sigwait(&stop, &signal);
  Notice("finishing what was asked");
  (*connector)->Drain(kDrainTime);
  return absl::OkStatus();
}

void AddPassingFlags(CLI::App& command, ConnectFlags& flags) {
  command
      .add_option("--max-report-seconds", flags.max_report_seconds,
                  "Verify a new report after so long (3600)")
      ->type_name("SECONDS")
      ->check(CLI::Range(int64_t{1}, kLongestTime));
  command.add_option("--listen", flags.listen, "Where clients call (127.0.0.1:8080); port 0: any")
      ->type_name("HOST:PORT");
  command.add_flag("--remote-clients", flags.remote_clients,
                   "Let --listen be an address that other machines reach, in plain HTTP");
  command
      .add_option("--pad-to", flags.pad_to,
                  "Pad bodies of requests to multiples of so many bytes (as they are)")
      ->type_name("BYTES")
      ->check(CLI::Range(int64_t{1}, kLargestBucket));
  command
      .add_option(
          "--receipts", flags.receipts,
          "Check the receipt of each answer, keep it here, and withhold answers without one")
      ->type_name("DIR");
  command
      .add_option("--max-answer-bytes", flags.max_answer_bytes,
                  "Longest answer that is held until its receipt is checked (67108864)")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, kLargestAnswer));
  command.add_option("--max-connections", flags.max_connections, "Clients at once (256)")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, kMostClients));
}

}  // namespace

void AddConnectCommand(CLI::App& app, Invocation& invocation,
                       const std::function<void(ConnectOptions&)>& for_tests) {
  CLI::App* const command = app.add_subcommand(
      "connect", "Verify a service in a TEE, and pass on to it what clients here ask");
  const auto flags = std::make_shared<ConnectFlags>();
  AddServiceTrustFlags(*command, flags->trust);
  AddPassingFlags(*command, *flags);
  command->add_flag("--verify-only", flags->verify_only, "Print the verdict, and end");
  command->add_flag("--json", flags->json, "Print it as one JSON object");
  command->callback([&invocation, flags, for_tests, command] {
    invocation.run = [flags, for_tests, command]() -> absl::Status {
      SOTTO_RETURN_IF_ERROR(CheckValuesGiven(*command));
      return RunConnect(*flags, for_tests);
    };
  });
}

}  // namespace sotto
