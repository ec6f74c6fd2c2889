// Protection `pads`: one server, one-time pads made beforehand (split/pads.h).
#include <memory>
#include <utility>

#include "kernels/gemm.h"
#include "trusted/split/drbg.h"
#include "trusted/split/pads.h"
#include "trusted/split/protection.h"

namespace sotto {
namespace {

absl::Status CheckMachine() { return CheckExactByteProducts("protection pads"); }

absl::Status ConnectPads(ProtectionInput input, SplitLinear& split) {
  auto pads = std::make_unique<PadBlinder>(input.pad_weights, input.setup.pads, ProcessDrbg());
  split.pad_stats = [p = pads.get()] { return p->stats(); };
  split.await_stock = [p = pads.get()] { return p->AwaitStock(); };
  return ConnectBlinded(std::move(input), std::move(pads), split);
}

}  // namespace

const ProtectionSpec kPadsProtection = {
    .protection = Protection::kPads,
    .name = "pads",
    .needs_pad_weights = true,
    .check_machine = CheckMachine,
    .what_they_see = "the accelerator sees random numbers",
    .warning = [](const SplitOptions&) -> std::string_view { return {}; },
    .verified = [](const SplitSetup&) { return true; },
    .connect = ConnectPads};

}  // namespace sotto
