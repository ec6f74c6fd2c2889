// From endpoints and a protection to linear layers that run there: checks that the set-up can keep
// the protection's promise, prepares what it needs, connects.
#ifndef SOTTO_ENCLAVE_LINEAR_SPLIT_H_
#define SOTTO_ENCLAVE_LINEAR_SPLIT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "enclave/blinding/pads.h"
#include "enclave/blinding/protected_layers.h"
#include "enclave/linear/accelerator_channel.h"
#include "enclave/linear/caught_lie.h"
#include "enclave/linear/embedding.h"
#include "enclave/linear/linear.h"
#include "enclave/linear/matrix_products.h"
#include "enclave/linear/offloaded.h"
#include "model/checkpoint.h"
#include "sotto/split.h"
#include "wire/client.h"

namespace sotto {

// What goes to the accelerator beside the linear layers; protection plain only.
struct OffloadSet {
  bool embedding = false;  // Lookups: it reads the token ids.
  bool attention = false;  // Q K^T and P V: it reads queries, keys, values and weights.

  bool any() const { return embedding || attention; }
};

std::string_view ProtectionName(Protection protection);  // "plain", "shares", "pads"
// "auto" becomes shares with two endpoints or more, pads with one. INVALID_ARGUMENT otherwise.
absl::StatusOr<Protection> ParseProtection(std::string_view name, size_t endpoints);

// Everything that a split mode is made of; the public SplitOptions with what a Prefill adds to
// them.
struct SplitSetup {
  Protection protection = Protection::kShares;
  std::vector<std::string> endpoints;  // plain, pads: one. shares: two or more.
  // For all endpoints; keys and root certificates in it are not looked at.
  std::optional<TlsOptions> tls;
  // Key fingerprints, one an endpoint, or none (then `roots` say who may sign).
  std::vector<std::string> pinned_keys;
  // PEM texts, one an endpoint: who may vouch for that server. None: the system's roots, which
  // `shares` does not accept.
  std::vector<std::string> roots;
  // Lets `shares` run over channels that the enclave's host can read. NOT CONFIDENTIAL; for tests.
  bool insecure_channels = false;
  RelayUse relay = RelayUse::kWherePossible;
  // Where the first accelerator reaches the second; empty: where this program does.
  std::string relay_peer;
  DataPlane data_plane = DataPlane::kAuto;
  std::string shm_directory = "/dev/shm";
  std::chrono::milliseconds connect_timeout{10'000}, exchange_timeout{60'000};
  // The digest the user trusts (64 hex digits): FAILED_PRECONDITION when the weights have another.
  std::string weights_sha256;
  // Protection plain: what is sent. kRing32 is the fixed-point format, unmasked but verified.
  NumberFormat plain_format = NumberFormat::kF32;
  OffloadSet offload;
  PadOptions pads;
  size_t exchange_rows = 128;
};

// Layers connected to their accelerators. The functions are valid while `linear` lives.
struct SplitLinear {
  std::unique_ptr<Linear> linear;
  std::unique_ptr<Embedding> embedding;                       // Null unless offloaded.
  std::unique_ptr<MatrixProducts> attention;                  // Likewise.
  std::vector<std::shared_ptr<AcceleratorSession>> sessions;  // By endpoint.
  std::function<OffloadedStats()> stats;
  std::function<PadStats()> pad_stats;        // Null but for pads.
  std::function<absl::Status()> await_stock;  // Null but for pads: the offline phase.
  bool relayed = false;
  std::string why_no_relay;  // A relay was wanted and cannot be.
};

class SplitRuntime {
 public:
  // Checks the options (INVALID_ARGUMENT, or FAILED_PRECONDITION where the protection's promise
  // would not hold), the weights' digest, and reads what verification and pads need of the weights.
  // Keeps references to checkpoint and pool.
  static absl::StatusOr<std::unique_ptr<SplitRuntime>> Prepare(const Checkpoint& checkpoint,
                                                               const SplitSetup& options,
                                                               ThreadPool& pool);
  // The digest of the checkpoint's weights.
  const std::string& weights_sha256() const { return weights_sha256_; }

  // Opens a session with every endpoint (errors as AcceleratorSession::Open) and, for shares, makes
  // sure that they are separate servers (server_identities.h; PERMISSION_DENIED). After
  // UNAVAILABLE, whether of this or of a run, it may be called again: that is how a batch is
  // retried. Each endpoint must then show the TLS key it showed first (PERMISSION_DENIED).
  // Verification then uses a fresh secret, for which the weights are read again. After a lie it
  // fails with that ABORTED.
  absl::StatusOr<SplitLinear> Connect();
  // The same over channels of the caller's making, one an endpoint: how an audit listens.
  using ChannelWrapper = std::function<std::unique_ptr<AcceleratorChannel>(
      size_t server, std::unique_ptr<AcceleratorChannel>)>;
  absl::StatusOr<SplitLinear> Connect(const ChannelWrapper& wrapper);

  // What MakeAuditSubject wants of the first layer.
  int32_t first_layer_limit() const;
  // What the connection made last verifies with; null for plain floats.
  const ProtectedLayers* protected_layers() const { return layers_.get(); }

 private:
  SplitRuntime(const Checkpoint& checkpoint, SplitSetup options, ThreadPool& pool)
      : checkpoint_(checkpoint),
        options_(std::move(options)),
        pool_(pool),
        known_keys_(options_.endpoints.size()) {}

  bool float_plain() const;
  absl::StatusOr<std::shared_ptr<AcceleratorSession>> Open(
      size_t server, const std::optional<RelayRole>& relay = std::nullopt);
  // Opens all sessions; where two can relay, with their parts in it agreed.
  absl::Status OpenAll(SplitLinear& split);
  // Draws a secret and reads all weights with it.
  absl::Status ReadLayers(ProtectedLayers::WeightObserver observe);
  // For Connect: a secret that no earlier connection has seen used.
  absl::Status RenewSecret();

  const Checkpoint& checkpoint_;
  const SplitSetup options_;
  ThreadPool& pool_;
  const std::shared_ptr<CaughtLie> caught_ = std::make_shared<CaughtLie>();
  bool secret_used_ = false;
  std::vector<std::string> known_keys_;  // By endpoint: fingerprints seen; empty: none so far.
  std::string weights_sha256_;
  std::shared_ptr<const ProtectedLayers> layers_;  // Null for plain floats.
  std::shared_ptr<const PadWeights> pad_weights_;  // Null but for pads.
};

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_LINEAR_SPLIT_H_
