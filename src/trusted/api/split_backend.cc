#include "trusted/api/split_backend.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "base/log.h"
#include "base/strings.h"
#include "protocol/protocol.h"
#include "trusted/api/memory_needed.h"
#include "trusted/engine/memory_plan.h"
#include "trusted/engine/token_blocks.h"
#include "trusted/split/protection.h"

namespace sotto {
namespace {

// What protection plain sends for a precision: int8 is not for it.
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

// Lets `pads` stock what such a pass takes: no less, or it is out of pads in the middle of the
// first.
void StockPass(const PassSize& pass, PadOptions& pads) {
  const EngineOptions engine{
      .batch_size = pass.batch_size, .prefill_length = pass.length, .lanes = kSplitLanes};
  pads.pass_rows = pass.batch_size * pass.length;
  pads.block_rows = TokenBlockLength(pads.pass_rows, TokenBlockRows(engine), kSplitLanes);
  pads.lm_head_rows = pass.positions == Positions::kAll ? pads.pass_rows : pass.batch_size;
  pads.lm_head_block_rows = kLogitRows;
}

}  // namespace

Protection ProtectionOf(const SplitOptions& options) {
  if (options.protection.has_value()) return *options.protection;
  return options.endpoints.size() >= 2 ? Protection::kShares : Protection::kPads;
}

Precision PrecisionOf(const SplitOptions& options, Precision wanted) {
  const bool plain = ProtectionOf(options) == Protection::kPlain && !options.plain_verified;
  return plain ? wanted : Precision::kFixed;
}

SplitSetup MakeSplitSetup(const SplitOptions& options, const PassSize& pass, Precision precision,
                          int threads, FixedWeights fixed_weights) {
  SplitSetup setup;
  setup.protection = ProtectionOf(options);
  setup.endpoints = options.endpoints;
  if (!options.pinned_keys.empty() || !options.roots.empty()) {
    setup.tls.emplace();
    if (options.certificate.has_value()) {
      setup.tls->certificate_chain = options.certificate->chain;
      setup.tls->private_key = options.certificate->private_key;
    }
  }
  setup.pinned_keys = options.pinned_keys;
  for (std::string& key : setup.pinned_keys) absl::AsciiStrToLower(&key);
  setup.roots = options.roots;
  setup.insecure_channels = options.insecure_channels;
  setup.relay = options.relay;
  setup.relay_peer = options.relay_peer;
  setup.data_plane = options.data_plane;
  setup.connect_timeout = std::min(options.connect_timeout, options.exchange_timeout);
  setup.exchange_timeout = options.exchange_timeout;
  setup.plain_format = PlainFormat(precision);
  setup.fixed_weights = fixed_weights;
  setup.offload = {.embedding = options.plain_embedding, .attention = options.plain_attention};
  setup.pads.store = {.memory_bytes = options.pads.memory_bytes,
                      .directory = options.pads.directory,
                      .directory_bytes = options.pads.directory_bytes};
  setup.pads.when_out = options.pads.when_out;
  StockPass(pass, setup.pads);
  setup.pads.threads = threads;
  return setup;
}

std::string ConfidentialityWarning(const SplitOptions& options) {
  const Protection protection = ProtectionOf(options);
  const ProtectionSpec* const spec = FindProtection(protection);
  if (spec != nullptr) return std::string(spec->warning(options));
  return StrCat("NOT CONFIDENTIAL: protection ", ProtectionName(protection),
                " is not part of this program");
}

namespace {

double Seconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

// Connected to whom, in their own words.
void SayConnections(const SplitLinear& split) {
  for (const auto& session : split.sessions) {
    const ServerInfo& server = session->server();
    std::string devices;
    for (const std::string& device : server.devices) devices += StrCat(" ", device);
    Log(LogLevel::kInfo,
        StrCat("connected to ", session->endpoint(), ":", devices, ", version ",
               server.software_version, ", data plane ", DataPlaneName(server.data_plane), ", ",
               server.peer_key_sha256.empty() ? "no TLS"
                                              : StrCat("TLS key ", server.peer_key_sha256)));
  }
  if (split.relayed) Log(LogLevel::kInfo, "products are relayed between the servers");
  if (!split.why_no_relay.empty()) Log(LogLevel::kInfo, StrCat("no relay: ", split.why_no_relay));
}

AcceleratorReport ReportOf(const Session& session) {
  const ServerInfo& server = session.server();
  const SessionStats stats = session.stats();
  return {.endpoint = session.endpoint(),
          .software_version = server.software_version,
          .operands = server.operands,
          .data_plane = std::string(DataPlaneName(server.data_plane)),
          .devices = server.devices,
          .tls_key_sha256 = server.peer_key_sha256,
          .bytes_sent = stats.bytes_sent,
          .bytes_received = stats.bytes_received,
          .device_seconds = Seconds(stats.device_ns)};
}

PadReport ReportOf(const PadStats& stats) {
  return {.made = stats.made,
          .used = stats.used,
          .waits = stats.waits,
          .local_exchanges = stats.local_exchanges,
          .offline_seconds = stats.offline_seconds,
          .offline_cpu_seconds = Seconds(stats.offline_cpu_ns)};
}

// What of a connected split the engine takes; the sessions stay.
EngineParts TakeParts(SplitLinear& split) {
  return {.linear = std::move(split.linear),
          .embedding = std::move(split.embedding),
          .attention = std::move(split.attention)};
}

}  // namespace

absl::Status SplitBackend::Prepare() {
  if (runtime_ != nullptr) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(runtime_, SplitRuntime::Prepare(checkpoint_, setup_, pool_));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Engine>> SplitBackend::MakeEngine(const EngineOptions& options) {
  SOTTO_RETURN_IF_ERROR(Prepare());
  split_ = {};  // The last sessions end before new ones begin.
  SOTTO_ASSIGN_OR_RETURN(split_, wrap_ ? runtime_->Connect(wrap_) : runtime_->Connect());
  SayConnections(split_);
  // Once a run: reconnections change nothing about it.
  if (++connections_ == 1 && !split_.why_no_relay.empty()) {
    Log(LogLevel::kWarning,
        StrCat("no relay, so twice as much is received: ", split_.why_no_relay));
  }
  if (split_.await_stock) SOTTO_RETURN_IF_ERROR(split_.await_stock());
  EngineOptions with_lanes = options;
  with_lanes.lanes = wrap_ ? 1 : kSplitLanes;
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                         Engine::Create(checkpoint_, TakeParts(split_), with_lanes));
  if (connections_ == 1) {
    Log(LogLevel::kInfo, DescribeMemoryNeeded(PlanSplitRun(
                             checkpoint_, setup_, engine->arena_bytes(), options.threads)));
  }
  return engine;
}

std::optional<SplitReport> SplitBackend::Report(const PassTotals& totals) const {
  if (split_.sessions.empty()) return std::nullopt;
  SplitReport report{.protection = setup_.protection,
                     .verified = setup_.plain_format == NumberFormat::kRing32 ||
                                 setup_.protection != Protection::kPlain,
                     .offloaded = {"linear"},
                     .relayed = split_.relayed,
                     .why_no_relay = split_.why_no_relay,
                     .trusted_cpu_seconds = totals.cpu_seconds,
                     .reconnections = connections_ - 1};
  if (setup_.offload.embedding) report.offloaded.push_back("embedding");
  if (setup_.offload.attention) report.offloaded.push_back("attention");
  uint64_t sent = 0, received = 0;
  for (const auto& session : split_.sessions) {
    const SessionStats stats = session->stats();
    sent += stats.bytes_sent;
    received += stats.bytes_received;
    report.wire_seconds += Seconds(stats.wire_ns);
    report.device_seconds += Seconds(stats.device_ns);
    report.accelerators.push_back(ReportOf(*session));
  }
  const OffloadedStats linear = split_.stats();
  report.exchanges =
      setup_.offload.any() ? split_.sessions[0]->stats().exchanges : linear.exchanges;
  report.masking_seconds = Seconds(linear.hiding_ns + linear.revealing_ns);
  report.waiting_seconds = Seconds(linear.sending_ns + linear.waiting_ns);
  const double tokens = static_cast<double>(totals.tokens);
  report.bytes_sent_per_token = static_cast<double>(sent) / tokens;
  report.bytes_received_per_token = static_cast<double>(received) / tokens;
  if (split_.pad_stats) report.pads = ReportOf(split_.pad_stats());
  return report;
}

}  // namespace sotto
