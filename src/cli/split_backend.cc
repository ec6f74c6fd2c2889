#include <utility>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "cli/prefill_backend.h"
#include "cli/process_info.h"
#include "cli/split_flags.h"
#include "enclave/linear/split.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

double Seconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

class SplitBackend final : public PrefillBackend {
 public:
  SplitBackend(const Checkpoint& checkpoint, const PrefillOptions& options, ThreadPool& pool)
      : checkpoint_(checkpoint), options_(options), pool_(pool) {}

  absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const EngineOptions& options) override;
  Json Detail(const PassTotals& totals) const override;
  void Close() override { split_ = {}; }

 private:
  absl::Status Prepare();

  const Checkpoint& checkpoint_;
  const PrefillOptions& options_;
  ThreadPool& pool_;
  std::unique_ptr<SplitRuntime> runtime_;  // Weights are read once, whatever happens to channels.
  SplitLinear split_;                      // Its `linear` is the engine's.
  int connections_ = 0;
};

absl::Status SplitBackend::Prepare() {
  if (runtime_ != nullptr) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(runtime_, SplitRuntime::Prepare(checkpoint_, *options_.split, pool_));
  return absl::OkStatus();
}

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

absl::StatusOr<std::unique_ptr<Engine>> SplitBackend::MakeEngine(const EngineOptions& options) {
  SOTTO_RETURN_IF_ERROR(Prepare());
  split_ = {};  // The last sessions end before new ones begin.
  SOTTO_ASSIGN_OR_RETURN(split_, runtime_->Connect());
  SayConnections(split_);
  // Once a run: reconnections change nothing about it.
  if (++connections_ == 1 && !split_.why_no_relay.empty()) {
    Log(LogLevel::kWarning, StrCat("no relay, twice as much to receive: ", split_.why_no_relay));
  }
  if (split_.await_stock) SOTTO_RETURN_IF_ERROR(split_.await_stock());
  EngineOptions with_lanes = options;
  with_lanes.lanes = kSplitLanes;
  return Engine::Create(checkpoint_, TakeParts(split_), with_lanes);
}

Json AcceleratorJson(const AcceleratorSession& session) {
  const ServerInfo& server = session.server();
  const SessionStats stats = session.stats();
  return {
      {"endpoint", session.endpoint()},
      {"devices", server.devices},
      {"operands", server.operands},
      {"software_version", server.software_version},
      {"data_plane", DataPlaneName(server.data_plane)},
      {"tls_key_sha256", server.peer_key_sha256.empty() ? Json() : Json(server.peer_key_sha256)},
      {"bytes_sent", stats.bytes_sent},
      {"bytes_received", stats.bytes_received},
      {"device_seconds", Seconds(stats.device_ns)}};
}

Json OffloadJson(const OffloadSet& offload) {
  Json parts = {"linear"};
  if (offload.embedding) parts.push_back("embedding");
  if (offload.attention) parts.push_back("attention");
  return parts;
}

Json CpuSecondsJson(double seconds) { return CountsResources() ? Json(seconds) : Json(nullptr); }

Json PadsJson(const PadStats& stats) {
  return {{"made", stats.made},
          {"used", stats.used},
          {"waits", stats.waits},
          {"local_exchanges", stats.local_exchanges},
          {"offline_seconds", stats.offline_seconds},
          {"offline_cpu_seconds", CpuSecondsJson(Seconds(stats.offline_cpu_ns))}};
}

Json SplitBackend::Detail(const PassTotals& totals) const {
  const SplitOptions& options = *options_.split;
  Json accelerators = Json::array();
  uint64_t sent = 0, received = 0, wire_ns = 0, device_ns = 0;
  for (const auto& session : split_.sessions) {
    const SessionStats stats = session->stats();
    sent += stats.bytes_sent;
    received += stats.bytes_received;
    wire_ns += stats.wire_ns;
    device_ns += stats.device_ns;
    accelerators.push_back(AcceleratorJson(*session));
  }
  const OffloadedStats linear = split_.stats();
  const double tokens = static_cast<double>(totals.tokens);
  Json json;
  json["protection"] = ProtectionName(options.protection);
  json["verified"] = options_.precision.linear == Precision::kFixed;
  json["offload"] = OffloadJson(options.offload);
  json["accelerators"] = std::move(accelerators);
  if (options.protection == Protection::kShares) {
    json["relay"] = split_.relayed;
    if (!split_.why_no_relay.empty()) json["why_no_relay"] = split_.why_no_relay;
  }
  json["exchanges"] =
      options.offload.any() ? split_.sessions[0]->stats().exchanges : linear.exchanges;
  json["bytes_sent_per_token"] = static_cast<double>(sent) / tokens;
  json["bytes_received_per_token"] = static_cast<double>(received) / tokens;
  json["seconds"] = {{"enclave_cpu", CpuSecondsJson(totals.cpu_seconds)},
                     {"masking", CpuSecondsJson(Seconds(linear.hiding_ns + linear.revealing_ns))},
                     {"wire", CpuSecondsJson(Seconds(wire_ns))},
                     {"device", Seconds(device_ns)},
                     {"waiting", Seconds(linear.sending_ns + linear.waiting_ns)}};
  if (split_.pad_stats) json["pads"] = PadsJson(split_.pad_stats());
  json["reconnections"] = connections_ - 1;
  return json;
}

}  // namespace

std::unique_ptr<PrefillBackend> MakeSplitBackend(const Checkpoint& checkpoint,
                                                 const PrefillOptions& options, ThreadPool& pool) {
  return std::make_unique<SplitBackend>(checkpoint, options, pool);
}

}  // namespace sotto
