// From endpoints and a protection to linear layers that run there: checks that the set-up can keep
// the protection's promise, prepares what it needs, connects.
#ifndef SOTTO_TRUSTED_SPLIT_SPLIT_H_
#define SOTTO_TRUSTED_SPLIT_SPLIT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "protocol/accelerator_channel.h"
#include "trusted/split/caught_lie.h"
#include "trusted/split/protected_layers.h"
#include "trusted/split/protection.h"
#include "trusted/split/split_setup.h"

namespace sotto {

// What a setup shows by itself: INVALID_ARGUMENT for what does not go together, UNIMPLEMENTED for a
// protection that this program does not have, FAILED_PRECONDITION where the protection's promise
// would not hold.
absl::Status CheckSplitSetup(const SplitSetup& setup);

class SplitRuntime {
 public:
  // Checks the options (errors as CheckSplitSetup and CheckSeparateRoots), the weights' digest, and
  // reads what verification and pads need of the weights. Keeps references to checkpoint and pool.
  static absl::StatusOr<std::unique_ptr<SplitRuntime>> Prepare(const Checkpoint& checkpoint,
                                                               const SplitSetup& options,
                                                               ThreadPool& pool);
  // The digest of the checkpoint's weights.
  const std::string& weights_sha256() const { return weights_sha256_; }

  // Opens a session with every endpoint (errors as Session::Open) and, for shares, makes
  // sure that they are separate servers (server_identities.h; PERMISSION_DENIED). After
  // UNAVAILABLE, whether of this or of a run, it may be called again: that is how a batch is
  // retried. Each endpoint must then show the TLS key it showed first (PERMISSION_DENIED).
  // Verification then uses a fresh secret, for which the weights are read again. After a lie it
  // fails with that ABORTED.
  absl::StatusOr<SplitLinear> Connect();
  // The same over channels of the caller's making, one an endpoint: how an audit listens.
  using ChannelWrapper = std::function<std::shared_ptr<AcceleratorChannel>(
      size_t server, std::shared_ptr<AcceleratorChannel>)>;
  absl::StatusOr<SplitLinear> Connect(const ChannelWrapper& wrapper);

  // What MakeAuditSubject wants of the first layer.
  int32_t first_layer_limit() const;
  // What the connection made last verifies with; null for plain floats.
  const ProtectedLayers* protected_layers() const { return layers_.get(); }

 private:
  SplitRuntime(const Checkpoint& checkpoint, SplitSetup options, const ProtectionSpec& spec,
               ThreadPool& pool)
      : spec_(spec),
        checkpoint_(checkpoint),
        options_(std::move(options)),
        pool_(pool),
        known_keys_(options_.endpoints.size()) {}

  // Else the protection shows everything, in floating point.
  bool verified() const { return spec_.verified(options_); }
  absl::StatusOr<std::shared_ptr<Session>> Open(
      size_t server, const std::optional<RelayRole>& relay = std::nullopt);
  // Opens all sessions; where two can relay, with their parts in it agreed.
  absl::Status OpenAll(SplitLinear& split);
  // Draws a secret and reads all weights with it.
  absl::Status ReadLayers(ProtectedLayers::WeightObserver observe);
  // For Connect: a secret that no earlier connection has seen used.
  absl::Status RenewSecret();

  const ProtectionSpec& spec_;
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

#endif  // SOTTO_TRUSTED_SPLIT_SPLIT_H_
