// The protections of the split mode, a row each, in the file that hides the rows: shares.cc,
// pads.cc and protect_plain.cc. What a program may send is what it links: the row of `plain`, which
// shows everything, is a library of its own.
#ifndef SOTTO_TRUSTED_SPLIT_PROTECTION_H_
#define SOTTO_TRUSTED_SPLIT_PROTECTION_H_

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/checkpoint.h"
#include "protocol/accelerator_channel.h"
#include "trusted/split/blinder.h"
#include "trusted/split/pad_weights.h"
#include "trusted/split/split_setup.h"

namespace sotto {

// What a protection is made of, once sessions are open.
struct ProtectionInput {
  const Checkpoint& checkpoint;
  const SplitSetup& setup;
  std::shared_ptr<const PadWeights> pad_weights;  // Null but where the row asks for them.
};

struct ProtectionSpec {
  Protection protection = Protection::kShares;
  std::string_view name = {};
  size_t min_servers = 1, max_servers = 1;
  // All channels together carry X: the enclave's host must not be able to read them, and servers
  // must be separate.
  bool needs_secret_channels = false;
  bool needs_pad_weights = false;
  // What else must hold of the setup; null: nothing.
  absl::Status (*check)(const SplitSetup& setup) = nullptr;
  // What accelerators see, if everything is as it should be.
  std::string_view what_they_see = {};
  // Why runs with `options` are not confidential, beginning "NOT CONFIDENTIAL"; empty: they are.
  std::string_view (*warning)(const SplitOptions& options) = nullptr;
  // Whether every answer is verified.
  bool (*verified)(const SplitSetup& setup) = nullptr;
  // What hides the rows of split.sessions, which are open; fills in what goes with it.
  std::unique_ptr<Blinder> (*make_blinder)(const ProtectionInput& input,
                                           SplitLinear& split) = nullptr;
  // Where nothing is verified, instead: fills split.linear and what goes with it. Channels are by
  // endpoint.
  absl::Status (*connect_unverified)(const ProtectionInput& input,
                                     std::vector<std::shared_ptr<AcceleratorChannel>> channels,
                                     SplitLinear& split) = nullptr;
};

// Null for one that this program does not have.
const ProtectionSpec* FindProtection(Protection protection);
// From now on it can be found. At the program's start, before any thread; once.
void AddProtection(const ProtectionSpec& spec);

std::string_view ProtectionName(Protection protection);  // "plain", "shares", "pads"
// "auto" becomes shares with two endpoints or more, pads with one. INVALID_ARGUMENT otherwise.
absl::StatusOr<Protection> ParseProtection(std::string_view name, size_t endpoints);

// The rows that every program has.
extern const ProtectionSpec kSharesProtection, kPadsProtection;

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PROTECTION_H_
