// What a split mode is made of, and what comes of it.
#ifndef SOTTO_TRUSTED_SPLIT_SPLIT_SETUP_H_
#define SOTTO_TRUSTED_SPLIT_SPLIT_SETUP_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/session.h"
#include "sotto/split.h"
#include "trusted/linear/embedding.h"
#include "trusted/linear/linear.h"
#include "trusted/linear/matrix_products.h"
#include "trusted/split/offloaded.h"
#include "trusted/split/pad_factory.h"

namespace sotto {

// What goes to the accelerator beside the linear layers; protection plain only.
struct OffloadSet {
  bool embedding = false;  // Lookups: it reads the token ids.
  bool attention = false;  // Q K^T and P V: it reads queries, keys, values and weights.

  bool any() const { return embedding || attention; }
};

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
  FixedWeights fixed_weights = FixedWeights::k12Bits;  // Wherever rows are fixed-point.
  PadOptions pads;
  size_t exchange_rows = 128;
};

// Layers connected to their accelerators. The functions are valid while `linear` lives.
struct SplitLinear {
  std::unique_ptr<Linear> linear;
  std::unique_ptr<Embedding> embedding;            // Null unless offloaded.
  std::unique_ptr<MatrixProducts> attention;       // Likewise.
  std::vector<std::shared_ptr<Session>> sessions;  // By endpoint.
  std::function<OffloadedStats()> stats;
  std::function<PadStats()> pad_stats;        // Null but for pads.
  std::function<absl::Status()> await_stock;  // Null but for pads: the offline phase.
  bool relayed = false;
  std::string why_no_relay;  // A relay was wanted and cannot be.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_SPLIT_SETUP_H_
