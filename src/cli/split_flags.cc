#include "cli/split_flags.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "cli/api_errors.h"
#include "cli/command.h"
#include "cli/flag_needs.h"
#include "cli/other_program.h"
#include "protocol/endpoint.h"
#include "trusted/api/option_checks.h"
#include "trusted/api/split_backend.h"
#include "trusted/split/protection.h"

namespace sotto {
namespace {

constexpr int64_t kMaxTimeoutSeconds = 86400;
constexpr int64_t kMaxRetries = 1000;
constexpr char kGroup[] = "Split mode";
// In the order of the enumerators.
constexpr std::array<std::string_view, 4> kDataPlanes = {"auto", "shm", "tcp", "grpc"};

}  // namespace

SplitFlags::SplitFlags(CLI::App& app, const OwnCertificateFlags& own)
    : app_(app),
      split_(AddSwitch(app, "--split", "Compute the linear layers on sotto-accelerator servers")),
      accelerator_(app, {.flag = "--accelerator",
                         .placeholder = "ENDPOINT",
                         .help = "HOST:PORT or unix:PATH of a server; once for each",
                         .variable = "LLAMA_GPU_ENDPOINT",
                         .default_value = "localhost:50051"}),
      protection_(app, {.flag = "--protection",
                        .placeholder = "P",
                        .help = "auto (shares with several servers, else pads), shares (two or "
                                "more servers that do not collude), pads (one server) or plain "
                                "(NOT CONFIDENTIAL: for measurements)",
                        .default_value = "auto"}),
      verify_(AddSwitch(app, "--verify",
                        "Verify answers under protection plain too (the others "
                        "always do)")),
      tls_(app, own),
      offload_(app, {.flag = "--offload",
                     .placeholder = "PARTS",
                     .help = "What the server computes: linear, and also embedding or attention, "
                             "which show it the prompt (protection plain only); separated by "
                             "commas",
                     .default_value = "linear"}),
      relay_(app),
      data_plane_(app, {.flag = "--data-plane",
                        .placeholder = "WHICH",
                        .help = "How rows are sent: shm (same host), tcp, grpc, or auto",
                        .default_value = "auto"}),
      timeout_seconds_(app,
                       {.flag = "--timeout",
                        .placeholder = "SECONDS",
                        .help = "Longest wait for one answer, and for a connection (at most 10 "
                                "seconds)",
                        .default_value = "60"}),
      retries_(app,
               {.flag = "--retries",
                .placeholder = "N",
                .help = "Reconnect up to N times when a server is unavailable or does not answer, "
                        "with growing waits up to --timeout, and repeat the batch",
                .default_value = "0"}),
      pads_(app) {
  bool ours = false;  // Options come in the order they were added.
  for (CLI::Option* option : app.get_options()) {
    ours = ours || option == split_;
    if (ours) option->group(kGroup);
  }
  accelerator_.AllowRepeats();
}

absl::Status SplitFlags::CheckUnused() const {
  if (accelerator_.given() && !accelerator_.given_by_flag()) {
    Log(LogLevel::kWarning, StrCat(accelerator_.source(), " is set, but not used without --split"));
  }
  for (const CLI::Option* option : app_.get_options()) {
    if (option->get_group() != kGroup || option->count() == 0) continue;
    return UsageError(StrCat(option->get_name(), ": requires --split"));
  }
  return absl::OkStatus();
}

absl::Status SplitFlags::ReadProtection(std::string_view name, SplitOptions& options) const {
  options.endpoints = accelerator_.List();
  for (const std::string& endpoint : options.endpoints) {
    const absl::Status status = CheckEndpoint(endpoint, /*for_listening=*/false);
    if (status.ok()) continue;
    return UsageError(StrCat(accelerator_.source(), ": ", ToStd(status.message())));
  }
  const absl::StatusOr<Protection> protection = ParseProtection(name, options.endpoints.size());
  if (!protection.ok()) {
    return UsageError(StrCat("--protection: ", ToStd(protection.status().message())));
  }
  options.protection = *protection;
  if (FindProtection(*protection) == nullptr) return NeedsProgram(kMeasuringProgram);
  options.plain_verified = verify_->count() > 0;
  return absl::OkStatus();
}

absl::Status SplitFlags::ReadChannel(SplitOptions& options) const {
  SOTTO_ASSIGN_OR_RETURN(const size_t data_plane, data_plane_.Choice(kDataPlanes));
  options.data_plane = static_cast<DataPlane>(data_plane);
  SOTTO_ASSIGN_OR_RETURN(const int64_t seconds, timeout_seconds_.Integer(1, kMaxTimeoutSeconds));
  options.exchange_timeout = std::chrono::seconds(seconds);
  return absl::OkStatus();
}

absl::Status SplitFlags::ReadOffload(SplitOptions& options) const {
  const std::string list = offload_.value();
  bool linear = false;
  for (const std::string_view part : SplitCommas(list)) {
    if (part == "linear") {
      linear = true;
    } else if (part == "embedding") {
      options.plain_embedding = true;
    } else if (part == "attention") {
      options.plain_attention = true;
    } else {
      return UsageError("--offload: every part must be linear, embedding or attention");
    }
  }
  return linear ? absl::OkStatus() : UsageError("--offload: must include linear");
}

absl::StatusOr<SplitOptions> SplitFlags::ReadOne(std::string_view protection) const {
  SplitOptions options;
  SOTTO_RETURN_IF_ERROR(ReadProtection(protection, options));
  SOTTO_RETURN_IF_ERROR(tls_.Read(options));
  SOTTO_RETURN_IF_ERROR(ReadChannel(options));
  SOTTO_RETURN_IF_ERROR(ReadOffload(options));
  SOTTO_RETURN_IF_ERROR(relay_.Read(options));
  SOTTO_RETURN_IF_ERROR(pads_.Read(options));
  SOTTO_ASSIGN_OR_RETURN(options.retries, retries_.Integer(0, kMaxRetries));
  return options;
}

absl::Status CheckSplitUsage(const SplitOptions& options) {
  const absl::Status status = InFlagTerms(CheckSplitOptions(options));
  return status.ok() ? status : UsageError(ToStd(status.message()));
}

absl::StatusOr<std::optional<SplitOptions>> SplitFlags::Read() const {
  if (split_->count() == 0) {
    SOTTO_RETURN_IF_ERROR(CheckUnused());
    return std::nullopt;
  }
  SOTTO_ASSIGN_OR_RETURN(const SplitOptions options, ReadOne(protection_.value()));
  SOTTO_RETURN_IF_ERROR(CheckFlagNeeds(app_, {&options, 1}));
  return options;
}

absl::StatusOr<std::vector<SplitOptions>> SplitFlags::ReadEach() const {
  std::vector<SplitOptions> all;
  if (retries_.given()) return UsageError("--retries: not available in measurements");
  if (split_->count() == 0) {
    SOTTO_RETURN_IF_ERROR(CheckUnused());
    return all;
  }
  const std::string protections = protection_.value();
  for (const std::string_view protection : SplitCommas(protections)) {
    SOTTO_ASSIGN_OR_RETURN(SplitOptions options, ReadOne(protection));
    if (ProtectionOf(options) != Protection::kShares) {
      options.relay = RelayUse::kWherePossible;
      options.endpoints.resize(1);
      options.pinned_keys.resize(std::min<size_t>(options.pinned_keys.size(), 1));
      options.roots.resize(std::min<size_t>(options.roots.size(), 1));
    }
    SOTTO_RETURN_IF_ERROR(CheckSplitUsage(options));
    all.push_back(std::move(options));
  }
  SOTTO_RETURN_IF_ERROR(CheckFlagNeeds(app_, all));
  return all;
}

}  // namespace sotto
