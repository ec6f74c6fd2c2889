// Protection `pads`: one server, one-time pads made beforehand (blinding/pads.h).
#include <memory>
#include <utility>

#include "enclave/blinding/drbg.h"
#include "enclave/blinding/pads.h"
#include "enclave/linear/protection.h"
#include "kernels/gemm.h"

namespace sotto {
namespace {

absl::Status Check(const SplitSetup&) { return CheckExactByteProducts("protection pads"); }

absl::Status Connect(ProtectionInput input, SplitLinear& split) {
  auto pads = std::make_unique<PadBlinder>(input.pad_weights, input.setup.pads, ProcessDrbg());
  split.pad_stats = [p = pads.get()] { return p->stats(); };
  split.await_stock = [p = pads.get()] { return p->AwaitStock(); };
  return ConnectBlinded(std::move(input), std::move(pads), split);
}

}  // namespace

const ProtectionSpec kPadsProtection = {.protection = Protection::kPads,
                                        .name = "pads",
                                        .needs_pad_weights = true,
                                        .check = Check,
                                        .verified = [](const SplitSetup&) { return true; },
                                        .connect = Connect};

}  // namespace sotto
