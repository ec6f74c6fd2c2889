#include "trusted/split/split.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/strings.h"
#include "trusted/split/offloaded.h"
#include "trusted/split/relay.h"
#include "trusted/split/server_identities.h"

namespace sotto {
namespace {

absl::Status CheckCount(const SplitSetup& options, const ProtectionSpec& spec) {
  const size_t n = options.endpoints.size();
  if (n < spec.min_servers) {
    return absl::InvalidArgumentError(
        StrCat("protection ", spec.name, " needs at least ", spec.min_servers, " accelerators"));
  }
  if (n <= spec.max_servers) return absl::OkStatus();
  if (spec.max_servers > 1) {
    return absl::InvalidArgumentError(StrCat("protection ", spec.name, " takes at most ",
                                             spec.max_servers, " accelerators, not ", n));
  }
  return absl::InvalidArgumentError(
      StrCat("protection ", spec.name, " takes one accelerator, not ", n));
}

absl::Status CheckEndpoints(const SplitSetup& options, const ProtectionSpec& spec) {
  SOTTO_RETURN_IF_ERROR(CheckCount(options, spec));
  const size_t n = options.endpoints.size();
  if (options.relay == RelayUse::kRequired && !(spec.needs_secret_channels && n == 2)) {
    return absl::InvalidArgumentError(
        "a relay needs protection shares and exactly two accelerators");
  }
  if (std::set(options.endpoints.begin(), options.endpoints.end()).size() != n) {
    return absl::InvalidArgumentError(
        "endpoints: the same accelerator is given twice; its operator would see everything");
  }
  if (!options.pinned_keys.empty() && options.pinned_keys.size() != n) {
    return absl::InvalidArgumentError(
        StrCat("key fingerprints for ", options.pinned_keys.size(), " of ", n, " accelerators"));
  }
  if (!options.roots.empty() && options.roots.size() != n) {
    return absl::InvalidArgumentError(
        StrCat("authorities for ", options.roots.size(), " of ", n, " accelerators"));
  }
  return absl::OkStatus();
}

// All channels of `shares` together carry X: the enclave's host must not be able to read them.
absl::Status CheckChannels(const SplitSetup& options, const ProtectionSpec& spec) {
  if (!spec.needs_secret_channels || options.insecure_channels) return absl::OkStatus();
  if (!options.tls) {
    return absl::FailedPreconditionError(
        StrCat("protection ", spec.name, " ", kTlsToEvery,
               ": anyone who can read all channels can read the prompt"));
  }
  if (options.pinned_keys.empty() && options.roots.empty()) {
    return absl::FailedPreconditionError(StrCat("protection ", spec.name, " ", kTrustForEvery));
  }
  return absl::OkStatus();
}

// Where nothing else tells servers apart.
absl::Status CheckRoots(const SplitSetup& options, const ProtectionSpec& spec) {
  const bool secret = spec.needs_secret_channels && !options.insecure_channels;
  if (!secret || !options.pinned_keys.empty()) return absl::OkStatus();
  return CheckSeparateRoots(options.roots);
}

absl::Status CheckOffload(const SplitSetup& options) {
  if (!options.offload.any()) return absl::OkStatus();
  if (options.protection != Protection::kPlain) {
    return absl::InvalidArgumentError(
        StrCat("offloading more than linear layers shows the accelerator the prompt; only "
               "protection plain allows it, not ",
               ProtectionName(options.protection)));
  }
  return absl::OkStatus();
}

// That the servers are as many as they seem.
absl::Status CheckIdentities(const std::vector<std::shared_ptr<Session>>& sessions,
                             bool insecure_channels) {
  std::vector<ServerIdentity> servers;
  servers.reserve(sessions.size());
  for (const auto& session : sessions) servers.push_back({session->endpoint(), session->server()});
  return insecure_channels ? CheckDifferentServers(servers) : CheckSeparateServers(servers);
}

}  // namespace

absl::Status CheckSplitSetup(const SplitSetup& options) {
  const ProtectionSpec* const spec = FindProtection(options.protection);
  if (spec == nullptr) {
    return absl::UnimplementedError(
        StrCat("protection ", ProtectionName(options.protection), " is not part of this program"));
  }
  SOTTO_RETURN_IF_ERROR(CheckEndpoints(options, *spec));
  SOTTO_RETURN_IF_ERROR(CheckChannels(options, *spec));
  SOTTO_RETURN_IF_ERROR(CheckOffload(options));
  return spec->check == nullptr ? absl::OkStatus() : spec->check(options);
}

absl::StatusOr<std::unique_ptr<SplitRuntime>> SplitRuntime::Prepare(const Checkpoint& checkpoint,
                                                                    const SplitSetup& options,
                                                                    ThreadPool& pool) {
  SOTTO_RETURN_IF_ERROR(CheckSplitSetup(options));
  const ProtectionSpec* const spec = FindProtection(options.protection);
  SOTTO_RETURN_IF_ERROR(CheckRoots(options, *spec));
  auto runtime = std::unique_ptr<SplitRuntime>(new SplitRuntime(checkpoint, options, *spec, pool));
  SOTTO_RETURN_IF_ERROR(checkpoint.CheckPins({.weights_sha256 = options.weights_sha256}, pool));
  SOTTO_ASSIGN_OR_RETURN(runtime->weights_sha256_, checkpoint.WeightsSha256(pool));
  if (!runtime->verified()) return runtime;

  std::shared_ptr<PadWeights> pad_weights;
  if (spec->needs_pad_weights) {
    pad_weights = std::make_shared<PadWeights>(checkpoint.config(), options.fixed_weights);
  }
  const auto observe = [&](LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq) {
    if (pad_weights != nullptr) pad_weights->AddRows(layer, first, wq);
  };
  SOTTO_RETURN_IF_ERROR(runtime->ReadLayers(observe));
  runtime->pad_weights_ = std::move(pad_weights);
  return runtime;
}

absl::Status SplitRuntime::ReadLayers(ProtectedLayers::WeightObserver observe) {
  SOTTO_ASSIGN_OR_RETURN(
      ProtectedLayers layers,
      ProtectedLayers::Read(checkpoint_, options_.fixed_weights, ProcessDrbg(), pool_, observe));
  layers_ = std::make_shared<ProtectedLayers>(std::move(layers));
  return absl::OkStatus();
}

absl::Status SplitRuntime::RenewSecret() {
  if (!secret_used_ || !verified()) return absl::OkStatus();
  SOTTO_RETURN_IF_ERROR(ReadLayers([](LinearLayer, size_t, ConstMatrixView<int16_t>) {}));
  secret_used_ = false;
  return absl::OkStatus();
}

int32_t SplitRuntime::first_layer_limit() const {
  return layers_ == nullptr ? (1 << 15) - 1 : layers_->at({LinearKind::kQkv, 0}).limit;
}

absl::StatusOr<std::shared_ptr<Session>> SplitRuntime::Open(size_t server,
                                                            const std::optional<RelayRole>& relay) {
  SessionOptions session;
  session.config = checkpoint_.config();
  session.weights_sha256 = weights_sha256_;
  session.format = verified() ? NumberFormat::kRing32 : options_.plain_format;
  session.fixed_weights = options_.fixed_weights;
  session.tls = options_.tls;
  if (session.tls) {
    session.tls->pinned_key_sha256 =
        options_.pinned_keys.empty() ? "" : options_.pinned_keys[server];
    session.tls->root_certificates = options_.roots.empty() ? "" : options_.roots[server];
    session.tls->known_key_sha256 = known_keys_[server];
  }
  session.data_plane = options_.data_plane;
  session.shm_directory = options_.shm_directory;
  session.relay = relay;
  session.connect_timeout = options_.connect_timeout;
  session.exchange_timeout = options_.exchange_timeout;
  SOTTO_ASSIGN_OR_RETURN(std::shared_ptr<Session> opened,
                         Session::Open(options_.endpoints[server], session));
  known_keys_[server] = opened->server().peer_key_sha256;
  return opened;
}

absl::Status SplitRuntime::OpenAll(SplitLinear& split) {
  const size_t n = options_.endpoints.size();
  const bool relay = spec_.needs_secret_channels && n == 2 && options_.relay != RelayUse::kNever;
  if (!relay) {
    for (size_t server = 0; server < n; ++server) {
      SOTTO_ASSIGN_OR_RETURN(split.sessions.emplace_back(), Open(server));
    }
    return absl::OkStatus();
  }
  // The sink first: the source finds it ready, and learns which key it must show.
  RelayRole role;
  ProcessDrbg().Generate(role.ticket);
  SOTTO_ASSIGN_OR_RETURN(auto sink, Open(RelayBlinder::kSink, role));
  role.target = options_.relay_peer.empty() ? sink->endpoint() : options_.relay_peer;
  role.target_key_sha256 = sink->server().peer_key_sha256;
  const bool asks = sink->server().relays;
  SOTTO_ASSIGN_OR_RETURN(auto source,
                         Open(RelayBlinder::kSource, asks ? std::optional(role) : std::nullopt));
  split.relayed = asks && source->server().relays;
  if (!split.relayed) {
    const Session& refuses = asks ? *source : *sink;
    const std::string target = asks ? StrCat(" to ", role.target) : std::string();
    split.why_no_relay = StrCat(refuses.endpoint(), target, ": ", refuses.server().why_no_relay);
  }
  split.sessions = {std::move(source), std::move(sink)};
  if (split.relayed || options_.relay != RelayUse::kRequired) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("no relay: ", split.why_no_relay));
}

absl::StatusOr<SplitLinear> SplitRuntime::Connect() {
  return Connect([](size_t, std::shared_ptr<AcceleratorChannel> channel) { return channel; });
}

absl::StatusOr<SplitLinear> SplitRuntime::Connect(const ChannelWrapper& wrapper) {
  SplitLinear split;
  std::vector<std::shared_ptr<AcceleratorChannel>> channels;
  SOTTO_RETURN_IF_ERROR(caught_->status());
  SOTTO_RETURN_IF_ERROR(RenewSecret());
  const absl::Status opened = OpenAll(split);
  caught_->Note(opened);
  SOTTO_RETURN_IF_ERROR(opened);
  secret_used_ = true;
  for (size_t server = 0; server < split.sessions.size(); ++server) {
    channels.push_back(wrapper(server, split.sessions[server]));
  }
  if (spec_.needs_secret_channels) {
    SOTTO_RETURN_IF_ERROR(CheckIdentities(split.sessions, options_.insecure_channels));
  }
  const ProtectionInput input{checkpoint_, options_, pad_weights_};
  if (!verified()) {
    SOTTO_RETURN_IF_ERROR(spec_.connect_unverified(input, std::move(channels), split));
    return split;
  }
  auto linear = std::make_unique<OffloadedLinear>(
      layers_, spec_.make_blinder(input, split), std::move(channels),
      OffloadedOptions{.exchange_rows = options_.exchange_rows, .caught = caught_});
  split.stats = [l = linear.get()] { return l->stats(); };
  split.linear = std::move(linear);
  return split;
}

}  // namespace sotto
