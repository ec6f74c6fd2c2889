#include "cli/split_flags.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "cli/command.h"
#include "wire/endpoint.h"

namespace sotto {
namespace {

constexpr int64_t kMaxTimeoutSeconds = 86400;
constexpr int64_t kMaxRetries = 1000;
constexpr char kGroup[] = "Split mode";
// In the order of the enumerators.
constexpr std::array<std::string_view, 3> kWhenOut = {"wait", "local", "fail"};
constexpr std::array<std::string_view, 3> kDataPlanes = {"auto", "shm", "grpc"};

// Repeated flags, or a variable's value with commas.
std::vector<std::string> List(const Setting& setting) {
  std::vector<std::string> items;
  if (setting.given_by_flag()) return setting.option()->results();
  std::string rest = setting.value();
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    items.push_back(rest.substr(0, comma));
    rest.erase(0, comma + 1);
  }
  return items;
}

}  // namespace

SplitFlags::SplitFlags(CLI::App& app)
    : app_(app),
      split_(AddSwitch(app, "--split", "Leave the linear layers to sotto-accelerator servers")),
      accelerator_(app, {.flag = "--accelerator",
                         .placeholder = "ENDPOINT",
                         .help = "HOST:PORT or unix:PATH of a server; once for each",
                         .variable = "LLAMA_GPU_ENDPOINT",
                         .default_value = "localhost:50051"}),
      protection_(app, {.flag = "--protection",
                        .placeholder = "P",
                        .help = "shares (two or more servers that do not collude), pads (one "
                                "server) or plain (NOT CONFIDENTIAL: for measurements)",
                        .default_value = "auto",
                        .shown_default = "shares with several servers, else pads"}),
      verify_(AddSwitch(app, "--verify",
                        "Verify answers under protection plain as well (the others "
                        "always do)")),
      accelerator_ca_(app, {.flag = "--accelerator-ca",
                            .placeholder = "FILE",
                            .help = "PEM file: TLS, with servers whose certificates it signed"}),
      accelerator_key_(app, {.flag = "--accelerator-key",
                             .placeholder = "HEX",
                             .help = "TLS, with the server whose public key has this SHA-256; once "
                                     "for each --accelerator, in the same order"}),
      tls_cert_(app, {.flag = "--tls-cert",
                      .placeholder = "FILE",
                      .help = "PEM file: the certificate to show to servers that ask for one"}),
      tls_key_(app, {.flag = "--tls-key",
                     .placeholder = "FILE",
                     .help = "PEM file: the private key of --tls-cert"}),
      insecure_channels_(AddSwitch(app, "--insecure-channels",
                                   "Allow shares over channels that this machine's "
                                   "owner can read: NOT CONFIDENTIAL, for tests")),
      offload_(app, {.flag = "--offload",
                     .placeholder = "PARTS",
                     .help = "Of linear,embedding,attention: what the server computes; beyond "
                             "linear it reads the prompt (protection plain only)",
                     .default_value = "linear"}),
      relay_(AddSwitch(app, "--relay",
                       "With shares among two servers, require that the first sends its products "
                       "to the second (done where they reach each other)")),
      no_relay_(AddSwitch(app, "--no-relay", "Never let servers send products to each other")),
      relay_peer_(app, {.flag = "--relay-peer",
                        .placeholder = "ENDPOINT",
                        .help = "Where the first server reaches the second",
                        .shown_default = "as --accelerator says"}),
      data_plane_(app, {.flag = "--data-plane",
                        .placeholder = "WHICH",
                        .help = "How rows travel: shm (one host), grpc, or auto",
                        .default_value = "auto"}),
      timeout_seconds_(app, {.flag = "--timeout",
                             .placeholder = "SECONDS",
                             .help = "Longest wait for one answer",
                             .default_value = "60"}),
      retries_(app, {.flag = "--retries",
                     .placeholder = "N",
                     .help = "Reconnect up to N times when a server is unavailable, and repeat the "
                             "batch",
                     .default_value = "0"}),
      pad_memory_(app, {.flag = "--pad-memory",
                        .placeholder = "MIB",
                        .help = "Memory for pads",
                        .default_value = "1024"}),
      pad_dir_(app, {.flag = "--pad-dir",
                     .placeholder = "DIR",
                     .help = "Where pads beyond --pad-memory go, encrypted"}),
      pad_disk_(app, {.flag = "--pad-disk",
                      .placeholder = "MIB",
                      .help = "Disk space for pads in --pad-dir",
                      .default_value = "16384"}),
      when_out_(app, {.flag = "--when-out",
                      .placeholder = "WHAT",
                      .help = "Out of pads: wait for more, multiply local(ly), or fail",
                      .default_value = "wait"}) {
  bool ours = false;  // Options come in the order they were added.
  for (CLI::Option* option : app.get_options()) {
    ours = ours || option == split_;
    if (ours) option->group(kGroup);
  }
  accelerator_.AllowRepeats();
  accelerator_key_.AllowRepeats();
}

absl::Status SplitFlags::CheckUnused() const {
  for (const CLI::Option* option : app_.get_options()) {
    if (option->get_group() != kGroup || option->count() == 0) continue;
    return UsageError(StrCat(option->get_name(), ": needs --split"));
  }
  return absl::OkStatus();
}

absl::Status SplitFlags::ReadProtection(std::string_view name, SplitOptions& options) const {
  options.endpoints = List(accelerator_);
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
  if (verify_->count() > 0) options.plain_format = NumberFormat::kRing32;
  return absl::OkStatus();
}

absl::Status SplitFlags::ReadTls(SplitOptions& options) const {
  if (tls_cert_.given() != tls_key_.given()) {
    return UsageError("--tls-cert and --tls-key: one needs the other");
  }
  if (!accelerator_ca_.given() && !accelerator_key_.given()) {
    if (tls_cert_.given()) {
      return UsageError("--tls-cert: needs --accelerator-ca or --accelerator-key");
    }
    return absl::OkStatus();
  }
  options.tls.emplace();
  for (const auto& [setting, text] : {std::pair{&accelerator_ca_, &options.tls->root_certificates},
                                      std::pair{&tls_cert_, &options.tls->certificate_chain},
                                      std::pair{&tls_key_, &options.tls->private_key}}) {
    if (!setting->given()) continue;
    absl::StatusOr<std::string> contents = ReadFile(setting->value());
    if (!contents.ok()) {
      return UsageError(StrCat(setting->source(), ": ", ToStd(contents.status().message())));
    }
    *text = *std::move(contents);
  }
  options.pinned_keys = List(accelerator_key_);
  for (std::string& key : options.pinned_keys) {
    if (!IsSha256Hex(key)) return UsageError("--accelerator-key: not 64 hexadecimal digits");
    key = LowerCase(key);
  }
  if (!options.pinned_keys.empty() && options.pinned_keys.size() != options.endpoints.size()) {
    return UsageError(StrCat("--accelerator-key: ", options.pinned_keys.size(), " given for ",
                             options.endpoints.size(), " servers"));
  }
  return absl::OkStatus();
}

absl::Status SplitFlags::ReadChannel(SplitOptions& options) const {
  SOTTO_ASSIGN_OR_RETURN(const size_t data_plane, data_plane_.Choice(kDataPlanes));
  options.data_plane = static_cast<DataPlane>(data_plane);
  SOTTO_ASSIGN_OR_RETURN(const int64_t seconds, timeout_seconds_.Integer(1, kMaxTimeoutSeconds));
  options.exchange_timeout = std::chrono::seconds(seconds);
  options.insecure_channels = insecure_channels_->count() > 0;
  return absl::OkStatus();
}

absl::Status SplitFlags::ReadOffload(SplitOptions& options) const {
  const std::string list = offload_.value();
  bool linear = false;
  for (const std::string_view part : SplitCommas(list)) {
    if (part == "linear") {
      linear = true;
    } else if (part == "embedding") {
      options.offload.embedding = true;
    } else if (part == "attention") {
      options.offload.attention = true;
    } else {
      return UsageError("--offload: must be of linear, embedding, attention");
    }
  }
  return linear ? absl::OkStatus() : UsageError("--offload: linear is always among the parts");
}

absl::Status SplitFlags::ReadRelay(SplitOptions& options) const {
  if (relay_->count() > 0 && no_relay_->count() > 0) {
    return UsageError("--relay and --no-relay: one excludes the other");
  }
  if (relay_->count() > 0) options.relay = RelayUse::kRequired;
  if (no_relay_->count() > 0) options.relay = RelayUse::kNever;
  options.relay_peer = relay_peer_.value();
  if (options.relay_peer.empty()) return absl::OkStatus();
  const absl::Status status = CheckEndpoint(options.relay_peer, /*for_listening=*/false);
  if (status.ok()) return status;
  return UsageError(StrCat("--relay-peer: ", ToStd(status.message())));
}

absl::Status SplitFlags::ReadPads(SplitOptions& options) const {
  constexpr int64_t kMaxMib = int64_t{1} << 30;
  constexpr size_t kMib = size_t{1} << 20;
  SOTTO_ASSIGN_OR_RETURN(const int64_t memory, pad_memory_.Integer(0, kMaxMib));
  SOTTO_ASSIGN_OR_RETURN(const int64_t disk, pad_disk_.Integer(0, kMaxMib));
  SOTTO_ASSIGN_OR_RETURN(const size_t when_out, when_out_.Choice(kWhenOut));
  options.pads.when_out = static_cast<WhenOut>(when_out);
  options.pads.store.memory_bytes = static_cast<size_t>(memory) * kMib;
  options.pads.store.directory = pad_dir_.value();
  options.pads.store.directory_bytes = static_cast<size_t>(disk) * kMib;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SplitFlags::ReadRetries() const { return retries_.Integer(0, kMaxRetries); }

absl::StatusOr<SplitOptions> SplitFlags::ReadOne(std::string_view protection) const {
  SplitOptions options;
  SOTTO_RETURN_IF_ERROR(ReadProtection(protection, options));
  SOTTO_RETURN_IF_ERROR(ReadTls(options));
  SOTTO_RETURN_IF_ERROR(ReadChannel(options));
  SOTTO_RETURN_IF_ERROR(ReadOffload(options));
  SOTTO_RETURN_IF_ERROR(ReadRelay(options));
  SOTTO_RETURN_IF_ERROR(ReadPads(options));
  return options;
}

absl::StatusOr<std::optional<SplitOptions>> SplitFlags::Read() const {
  if (split_->count() > 0) return ReadOne(protection_.value());
  SOTTO_RETURN_IF_ERROR(CheckUnused());
  return std::nullopt;
}

absl::StatusOr<std::vector<SplitOptions>> SplitFlags::ReadEach() const {
  std::vector<SplitOptions> all;
  if (split_->count() == 0) {
    SOTTO_RETURN_IF_ERROR(CheckUnused());
    return all;
  }
  if (retries_.given()) return UsageError("--retries: not for measurements");
  const std::string protections = protection_.value();
  for (const std::string_view protection : SplitCommas(protections)) {
    SOTTO_ASSIGN_OR_RETURN(SplitOptions options, ReadOne(protection));
    if (options.protection != Protection::kShares) {
      options.relay = RelayUse::kWherePossible;
      options.endpoints.resize(1);
      options.pinned_keys.resize(std::min<size_t>(options.pinned_keys.size(), 1));
    }
    if (verify_->count() == 0) {
      SOTTO_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision("auto"));
      options.plain_format = PlainFormat(precision);
    }
    all.push_back(std::move(options));
  }
  return all;
}

NumberFormat PlainFormat(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return NumberFormat::kF32;
    case Precision::kBf16:
      return NumberFormat::kBf16;
    case Precision::kInt8:
    case Precision::kFixed:
      break;
  }
  return NumberFormat::kRing32;
}

EngineParts TakeParts(SplitLinear& split) {
  return {.linear = std::move(split.linear),
          .embedding = std::move(split.embedding),
          .attention = std::move(split.attention)};
}

Precision PrecisionOf(const SplitOptions& options) {
  if (options.protection != Protection::kPlain) return Precision::kFixed;
  switch (options.plain_format) {
    case NumberFormat::kF32:
      return Precision::kF32;
    case NumberFormat::kBf16:
      return Precision::kBf16;
    default:
      return Precision::kFixed;
  }
}

}  // namespace sotto
