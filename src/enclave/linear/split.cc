#include "enclave/linear/split.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/strings.h"
#include "enclave/blinding/relay.h"
#include "enclave/blinding/shares.h"
#include "enclave/blinding/unprotected.h"
#include "enclave/linear/offloaded_activations.h"
#include "enclave/linear/offloaded_plain.h"
#include "enclave/linear/reveal_row.h"
#include "enclave/linear/server_identities.h"
#include "enclave/linear/session_channel.h"
#include "kernels/gemm.h"

namespace sotto {
namespace {

absl::Status CheckEndpoints(const SplitSetup& options) {
  const size_t n = options.endpoints.size();
  const bool shares = options.protection == Protection::kShares;
  if (shares && n < 2) {
    return absl::InvalidArgumentError("protection shares needs two accelerators or more");
  }
  if (!shares && n != 1) {
    return absl::InvalidArgumentError(StrCat("protection ", ProtectionName(options.protection),
                                             " takes one accelerator, not ", n));
  }
  if (n > kMaxServers) {
    return absl::InvalidArgumentError(StrCat("at most ", kMaxServers, " accelerators, not ", n));
  }
  if (options.relay == RelayUse::kRequired && !(shares && n == 2)) {
    return absl::InvalidArgumentError("a relay takes protection shares and two accelerators");
  }
  if (std::set(options.endpoints.begin(), options.endpoints.end()).size() != n) {
    return absl::InvalidArgumentError("the same accelerator twice: its operator would see all");
  }
  if (!options.pinned_keys.empty() && options.pinned_keys.size() != n) {
    return absl::InvalidArgumentError(
        StrCat(options.pinned_keys.size(), " key fingerprints for ", n, " accelerators"));
  }
  if (!options.roots.empty() && options.roots.size() != n) {
    return absl::InvalidArgumentError(
        StrCat("authorities of ", options.roots.size(), " accelerators, not of ", n));
  }
  return absl::OkStatus();
}

// All channels of `shares` together carry X: the enclave's host must not be able to read them.
absl::Status CheckChannels(const SplitSetup& options) {
  if (options.protection != Protection::kShares || options.insecure_channels) {
    return absl::OkStatus();
  }
  if (!options.tls) {
    return absl::FailedPreconditionError(
        "protection shares needs TLS to every accelerator: whoever reads all channels reads the "
        "prompt");
  }
  if (options.pinned_keys.empty() && options.roots.empty()) {
    return absl::FailedPreconditionError(
        "protection shares needs the accelerators' keys pinned, or an authority for each of them");
  }
  if (options.data_plane == DataPlane::kShm) {
    return absl::FailedPreconditionError(
        "protection shares does not use shared memory: the host reads it");
  }
  return options.pinned_keys.empty() ? CheckSeparateRoots(options.roots) : absl::OkStatus();
}

absl::Status CheckOffload(const SplitSetup& options) {
  if (!options.offload.any()) return absl::OkStatus();
  if (options.protection != Protection::kPlain) {
    return absl::InvalidArgumentError(
        StrCat("offloading more than linear layers shows the accelerator the prompt: protection "
               "plain only, not ",
               ProtectionName(options.protection)));
  }
  if (options.plain_format == NumberFormat::kRing32) {
    return absl::InvalidArgumentError("only linear layers can be verified: offload no more");
  }
  return absl::OkStatus();
}

// That the servers are as many as they seem.
absl::Status CheckIdentities(const std::vector<std::shared_ptr<AcceleratorSession>>& sessions,
                             bool insecure_channels) {
  std::vector<ServerIdentity> servers;
  for (const auto& session : sessions) servers.push_back({session->endpoint(), session->server()});
  return insecure_channels ? CheckDifferentServers(servers) : CheckSeparateServers(servers);
}

std::unique_ptr<Blinder> MakeShareBlinder(const LlamaConfig& config, const SplitLinear& split) {
  if (split.relayed) {
    const uint64_t inbox = split.sessions[RelayBlinder::kSink]->server().relay_inbox_bytes;
    return std::make_unique<RelayBlinder>(config, inbox, ProcessDrbg());
  }
  return std::make_unique<ShareBlinder>(config, split.sessions.size(), ProcessDrbg());
}

}  // namespace

std::string_view ProtectionName(Protection protection) {
  switch (protection) {
    case Protection::kPlain:
      return "plain";
    case Protection::kShares:
      return "shares";
    case Protection::kPads:
      break;
  }
  return "pads";
}

absl::StatusOr<Protection> ParseProtection(std::string_view name, size_t endpoints) {
  if (name == "auto") return endpoints >= 2 ? Protection::kShares : Protection::kPads;
  for (Protection protection : {Protection::kPlain, Protection::kShares, Protection::kPads}) {
    if (name == ProtectionName(protection)) return protection;
  }
  return absl::InvalidArgumentError(
      StrCat("\"", name, "\" is no protection: auto, shares, pads, plain"));
}

absl::StatusOr<std::unique_ptr<SplitRuntime>> SplitRuntime::Prepare(const Checkpoint& checkpoint,
                                                                    const SplitSetup& options,
                                                                    ThreadPool& pool) {
  SOTTO_RETURN_IF_ERROR(CheckEndpoints(options));
  SOTTO_RETURN_IF_ERROR(CheckChannels(options));
  SOTTO_RETURN_IF_ERROR(CheckOffload(options));
  if (options.protection == Protection::kPads) {
    SOTTO_RETURN_IF_ERROR(CheckExactByteProducts("protection pads"));
  }
  auto runtime = std::unique_ptr<SplitRuntime>(new SplitRuntime(checkpoint, options, pool));
  SOTTO_RETURN_IF_ERROR(checkpoint.CheckPins({.weights_sha256 = options.weights_sha256}, pool));
  SOTTO_ASSIGN_OR_RETURN(runtime->weights_sha256_, checkpoint.WeightsSha256(pool));
  if (runtime->float_plain()) return runtime;

  std::shared_ptr<PadWeights> pad_weights;
  if (options.protection == Protection::kPads) {
    pad_weights = std::make_shared<PadWeights>(checkpoint.config());
  }
  const auto observe = [&](LinearLayer layer, size_t first, ConstMatrixView<int8_t> wq) {
    if (pad_weights != nullptr) pad_weights->AddRows(layer, first, wq);
  };
  SOTTO_RETURN_IF_ERROR(runtime->ReadLayers(observe));
  runtime->pad_weights_ = std::move(pad_weights);
  return runtime;
}

absl::Status SplitRuntime::ReadLayers(ProtectedLayers::WeightObserver observe) {
  SOTTO_ASSIGN_OR_RETURN(ProtectedLayers layers,
                         ProtectedLayers::Read(checkpoint_, ProcessDrbg(), pool_, observe));
  layers_ = std::make_shared<ProtectedLayers>(std::move(layers));
  return absl::OkStatus();
}

absl::Status SplitRuntime::RenewSecret() {
  if (!secret_used_ || float_plain()) return absl::OkStatus();
  SOTTO_RETURN_IF_ERROR(ReadLayers([](LinearLayer, size_t, ConstMatrixView<int8_t>) {}));
  secret_used_ = false;
  return absl::OkStatus();
}

bool SplitRuntime::float_plain() const {
  return options_.protection == Protection::kPlain &&
         options_.plain_format != NumberFormat::kRing32;
}

int32_t SplitRuntime::first_layer_limit() const {
  return layers_ == nullptr ? (1 << 15) - 1 : layers_->at({LinearKind::kQkv, 0}).limit;
}

absl::StatusOr<std::shared_ptr<AcceleratorSession>> SplitRuntime::Open(
    size_t server, const std::optional<RelayRole>& relay) {
  SessionOptions session;
  session.config = checkpoint_.config();
  session.weights_sha256 = weights_sha256_;
  session.format = float_plain() ? options_.plain_format : NumberFormat::kRing32;
  session.tls = options_.tls;
  if (session.tls) {
    session.tls->pinned_key_sha256 =
        options_.pinned_keys.empty() ? "" : options_.pinned_keys[server];
    session.tls->root_certificates = options_.roots.empty() ? "" : options_.roots[server];
    session.tls->known_key_sha256 = known_keys_[server];
  }
  const bool secret_channel =
      options_.protection == Protection::kShares && !options_.insecure_channels;
  session.data_plane = secret_channel ? DataPlane::kGrpc : options_.data_plane;
  session.shm_directory = options_.shm_directory;
  session.relay = relay;
  session.connect_timeout = options_.connect_timeout;
  session.exchange_timeout = options_.exchange_timeout;
  SOTTO_ASSIGN_OR_RETURN(std::shared_ptr<AcceleratorSession> opened,
                         AcceleratorSession::Open(options_.endpoints[server], session));
  known_keys_[server] = opened->server().peer_key_sha256;
  return opened;
}

absl::Status SplitRuntime::OpenAll(SplitLinear& split) {
  const size_t n = options_.endpoints.size();
  const bool relay =
      options_.protection == Protection::kShares && n == 2 && options_.relay != RelayUse::kNever;
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
    const AcceleratorSession& refuses = asks ? *source : *sink;
    const std::string target = asks ? StrCat(" to ", role.target) : std::string();
    split.why_no_relay = StrCat(refuses.endpoint(), target, ": ", refuses.server().why_no_relay);
  }
  split.sessions = {std::move(source), std::move(sink)};
  if (split.relayed || options_.relay != RelayUse::kRequired) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("no relay: ", split.why_no_relay));
}

absl::StatusOr<SplitLinear> SplitRuntime::Connect() {
  return Connect([](size_t, std::unique_ptr<AcceleratorChannel> channel) { return channel; });
}

absl::StatusOr<SplitLinear> SplitRuntime::Connect(const ChannelWrapper& wrapper) {
  SplitLinear split;
  std::vector<std::unique_ptr<AcceleratorChannel>> channels;
  SOTTO_RETURN_IF_ERROR(caught_->status());
  SOTTO_RETURN_IF_ERROR(RenewSecret());
  const absl::Status opened = OpenAll(split);
  caught_->Note(opened);
  SOTTO_RETURN_IF_ERROR(opened);
  secret_used_ = true;
  for (size_t server = 0; server < split.sessions.size(); ++server) {
    channels.push_back(wrapper(server, MakeSessionChannel(split.sessions[server])));
  }
  if (options_.protection == Protection::kShares) {
    SOTTO_RETURN_IF_ERROR(CheckIdentities(split.sessions, options_.insecure_channels));
  }
  if (float_plain()) {
    SOTTO_ASSIGN_OR_RETURN(auto linear,
                           OffloadedPlainLinear::Create(checkpoint_, std::move(channels[0]),
                                                        {.format = options_.plain_format,
                                                         .exchange_rows = options_.exchange_rows}));
    split.stats = [plain = linear.get()] { return plain->stats(); };
    split.linear = std::move(linear);
    if (options_.offload.embedding) split.embedding = MakeOffloadedEmbedding(split.sessions[0]);
    if (options_.offload.attention) split.attention = MakeOffloadedProducts(split.sessions[0]);
    return split;
  }
  std::unique_ptr<Blinder> blinder;
  switch (options_.protection) {
    case Protection::kPlain:
      blinder = std::make_unique<UnprotectedRows>(checkpoint_.config());
      break;
    case Protection::kShares:
      blinder = MakeShareBlinder(checkpoint_.config(), split);
      break;
    case Protection::kPads: {
      auto pads = std::make_unique<PadBlinder>(pad_weights_, options_.pads, ProcessDrbg());
      split.pad_stats = [p = pads.get()] { return p->stats(); };
      split.await_stock = [p = pads.get()] { return p->AwaitStock(); };
      blinder = std::move(pads);
      break;
    }
  }
  OffloadedOptions offloaded;
  offloaded.exchange_rows = options_.exchange_rows;
  offloaded.caught = caught_;
  auto linear = std::make_unique<OffloadedLinear>(layers_, std::move(blinder), std::move(channels),
                                                  offloaded);
  split.stats = [l = linear.get()] { return l->stats(); };
  split.linear = std::move(linear);
  return split;
}

}  // namespace sotto
