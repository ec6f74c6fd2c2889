#include "trusted/split/protect_plain.h"

#include <memory>
#include <utility>

#include "trusted/split/offloaded_activations.h"
#include "trusted/split/offloaded_plain.h"
#include "trusted/split/protection.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

bool Verified(const SplitSetup& setup) { return setup.plain_format == NumberFormat::kRing32; }

absl::Status Check(const SplitSetup& setup) {
  if (!setup.offload.any() || !Verified(setup)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "only linear layers can be verified; nothing else can be offloaded with verification");
}

std::unique_ptr<Blinder> MakeBlinder(const ProtectionInput& input, SplitLinear&) {
  return std::make_unique<UnprotectedRows>(input.checkpoint.config());
}

absl::Status ConnectFloats(const ProtectionInput& input,
                           std::vector<std::shared_ptr<AcceleratorChannel>> channels,
                           SplitLinear& split) {
  const SplitSetup& setup = input.setup;
  SOTTO_ASSIGN_OR_RETURN(auto linear,
                         OffloadedPlainLinear::Create(
                             input.checkpoint, std::move(channels[0]),
                             {.format = setup.plain_format, .exchange_rows = setup.exchange_rows}));
  split.stats = [plain = linear.get()] { return plain->stats(); };
  split.linear = std::move(linear);
  if (setup.offload.embedding) split.embedding = MakeOffloadedEmbedding(split.sessions[0]);
  if (setup.offload.attention) split.attention = MakeOffloadedProducts(split.sessions[0]);
  return absl::OkStatus();
}

}  // namespace

void AddPlainProtection() {
  static const ProtectionSpec plain = {.protection = Protection::kPlain,
                                       .name = "plain",
                                       .check = Check,
                                       .what_they_see = "the accelerator sees everything",
                                       .warning = [](const SplitOptions&) -> std::string_view {
                                         return "NOT CONFIDENTIAL: with protection plain the "
                                                "accelerator sees everything";
                                       },
                                       .verified = Verified,
                                       .make_blinder = MakeBlinder,
                                       .connect_unverified = ConnectFloats};
  AddProtection(plain);
}

}  // namespace sotto
