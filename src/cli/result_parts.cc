#include "cli/result_parts.h"

#include "trusted/split/split.h"
#include "trusted/tee/resources.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

Json AcceleratorJson(const AcceleratorReport& report) {
  return {{"endpoint", report.endpoint},
          {"devices", report.devices},
          {"operands", report.operands},
          {"software_version", report.software_version},
          {"data_plane", report.data_plane},
          {"tls_key_sha256", report.tls_key_sha256.empty() ? Json() : Json(report.tls_key_sha256)},
          {"bytes_sent", report.bytes_sent},
          {"bytes_received", report.bytes_received},
          {"device_seconds", report.device_seconds}};
}

Json CpuSecondsJson(double seconds) { return CountsResources() ? Json(seconds) : Json(nullptr); }

Json PadsJson(const PadReport& report) {
  return {{"made", report.made},
          {"used", report.used},
          {"waits", report.waits},
          {"local_exchanges", report.local_exchanges},
          {"offline_seconds", report.offline_seconds},
          {"offline_cpu_seconds", CpuSecondsJson(report.offline_cpu_seconds)}};
}

}  // namespace

Json ConfidentialityJson(const Confidentiality& confidentiality) {
  const std::optional<bool>& accelerators = confidentiality.from_accelerators;
  return {{"from_host", confidentiality.from_host},
          {"from_host_because", confidentiality.host_reason},
          {"from_accelerators", accelerators.has_value() ? Json(*accelerators) : Json()},
          {"from_accelerators_because",
           accelerators.has_value() ? Json(confidentiality.accelerators_reason) : Json()}};
}

Json SplitJson(const SplitReport& report) {
  Json json;
  json["protection"] = ProtectionName(report.protection);
  json["verified"] = report.verified;
  json["offload"] = report.offloaded;
  json["accelerators"] = Json::array();
  for (const AcceleratorReport& accelerator : report.accelerators) {
    json["accelerators"].push_back(AcceleratorJson(accelerator));
  }
  if (report.protection == Protection::kShares) {
    json["relay"] = report.relayed;
    if (!report.why_no_relay.empty()) json["why_no_relay"] = report.why_no_relay;
  }
  json["exchanges"] = report.exchanges;
  json["bytes_sent_per_token"] = report.bytes_sent_per_token;
  json["bytes_received_per_token"] = report.bytes_received_per_token;
  json["seconds"] = {{"enclave_cpu", CpuSecondsJson(report.trusted_cpu_seconds)},
                     {"masking", CpuSecondsJson(report.masking_seconds)},
                     {"wire", CpuSecondsJson(report.wire_seconds)},
                     {"device", report.device_seconds},
                     {"waiting", report.waiting_seconds}};
  if (report.pads.has_value()) json["pads"] = PadsJson(*report.pads);
  json["reconnections"] = report.reconnections;
  return json;
}

}  // namespace sotto
