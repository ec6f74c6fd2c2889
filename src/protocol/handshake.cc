#include "protocol/handshake.h"

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "base/strings.h"
#include "protocol/data_plane.h"
#include "protocol/mismatch.h"

namespace sotto {
namespace {

constexpr size_t kDigestBytes = 32, kInstanceIdBytes = 16;
constexpr int kMaxDevices = 64;
constexpr size_t kMaxNameLength = 100, kMaxReasonLength = 1000;

// Words of the peer, fit for a result file and a terminal.
std::string Tidy(const std::string& text, size_t max_length = kMaxNameLength) {
  std::string out = text.substr(0, max_length);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

absl::Status CheckShapes(const pb::Description& description, const ModelSpec& config) {
  const ModelShape model = ShapeOfModel(config);
  bool same = static_cast<size_t>(description.layers_size()) == model.layers.size() &&
              description.hidden_size() == model.hidden_size &&
              description.vocab_size() == model.vocab_size;
  for (size_t i = 0; same && i < model.layers.size(); ++i) {
    const pb::LayerShape& layer = description.layers(static_cast<int>(i));
    same = layer.n_in() == model.layers[i].n_in && layer.n_out() == model.layers[i].n_out;
  }
  if (same) return absl::OkStatus();
  return absl::FailedPreconditionError("the server serves a model of a different shape");
}

}  // namespace

absl::StatusOr<pb::Hello> MakeHello(const std::string& endpoint, const SessionOptions& options) {
  const std::string digest = absl::HexStringToBytes(options.weights_sha256);
  if (digest.size() != kDigestBytes || absl::BytesToHexString(digest) != options.weights_sha256) {
    return absl::InvalidArgumentError("the weights digest must be 64 lower-case hex digits");
  }
  pb::Hello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_weights_sha256(digest);
  hello.set_format(static_cast<pb::NumberFormat>(options.format));
  hello.set_weight_bits(WeightBits(options.format, options.fixed_weights));
  hello.set_wants_shm(WantsShm(endpoint, options));
  hello.set_wants_tcp(WantsTcp(options));
  if (options.relay) {
    const RelayRole& role = *options.relay;
    pb::RelayRole& relay = *hello.mutable_relay();
    relay.set_ticket(std::string(role.ticket.begin(), role.ticket.end()));
    relay.set_target(role.target);
    relay.set_target_key_sha256(absl::HexStringToBytes(role.target_key_sha256));
  }
  return hello;
}

absl::Status ReadOperands(const std::string& operands, NumberFormat format, ServerInfo& info) {
  info.operands = Tidy(operands);
  if (format != NumberFormat::kF32 || operands == "f32") return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("the server would multiply in \"", info.operands, "\" where f32 was asked for"));
}

void ReadAgreement(const pb::RelayAgreement& agreement, ServerInfo& info) {
  info.relays = agreement.agreed();
  if (!info.relays) info.why_no_relay = Tidy(agreement.why_not(), kMaxReasonLength);
  info.relay_inbox_bytes = agreement.inbox_bytes();
}

absl::StatusOr<ServerInfo> CheckDescription(const pb::Description& description,
                                            const SessionOptions& options) {
  if (description.protocol_version() != kProtocolVersion) {
    const bool old_server = description.protocol_version() < kProtocolVersion;
    return OtherProtocolVersion(description.protocol_version(), kProtocolVersion,
                                old_server ? SOTTO_VERSION : Tidy(description.software_version()));
  }
  if (description.weights_sha256() != absl::HexStringToBytes(options.weights_sha256)) {
    const std::string served = description.weights_sha256().substr(0, kDigestBytes);
    return OtherWeights(absl::BytesToHexString(served), options.weights_sha256);
  }
  SOTTO_RETURN_IF_ERROR(CheckShapes(description, options.config));
  const auto& formats = description.formats();
  if (std::find(formats.begin(), formats.end(), static_cast<int>(options.format)) ==
      formats.end()) {
    return absl::FailedPreconditionError(
        "the server does not serve the number format that this run needs");
  }
  if (description.instance_id().size() != kInstanceIdBytes || description.window_bytes() == 0 ||
      description.devices_size() > kMaxDevices) {
    return absl::AbortedError("the server's description of itself is invalid");
  }
  ServerInfo info{.software_version = Tidy(description.software_version()),
                  .instance_id = absl::BytesToHexString(description.instance_id()),
                  .window_bytes = description.window_bytes()};
  for (const std::string& device : description.devices()) info.devices.push_back(Tidy(device));
  return info;
}

}  // namespace sotto
