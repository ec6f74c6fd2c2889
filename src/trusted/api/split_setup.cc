#include "trusted/api/split_setup.h"

#include <algorithm>

#include "base/strings.h"
#include "protocol/endpoint.h"
#include "trusted/engine/memory_plan.h"
#include "trusted/engine/token_blocks.h"
#include "trusted/split/protection.h"

namespace sotto {
namespace {

// What protection plain sends for a precision: int8 is not for it.
NumberFormat PlainFormat(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return NumberFormat::kF32;
    case Precision::kBf16:
      return NumberFormat::kBf16;
    case Precision::kInt8:
    case Precision::kFixed:
      break;
  }
  return NumberFormat::kRing32;
}

// Lets `pads` stock what such a pass takes: no less, or it is out of pads in the middle of the
// first.
void StockPass(const PassSize& pass, PadOptions& pads) {
  const EngineOptions engine{
      .batch_size = pass.batch_size, .prefill_length = pass.length, .lanes = kSplitLanes};
  pads.pass_rows = pass.batch_size * pass.length;
  pads.block_rows = TokenBlockLength(pads.pass_rows, TokenBlockRows(engine), kSplitLanes);
  pads.lm_head_rows = pass.positions == Positions::kAll ? pads.pass_rows : pass.batch_size;
  pads.lm_head_block_rows = kLogitRows;
}

absl::Status CheckCount(std::string_view field, size_t given, size_t endpoints) {
  if (given == 0 || given == endpoints) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(field, ": ", given, " given for ", endpoints,
                                           " servers; give one for each, in the same order"));
}

}  // namespace

Protection ProtectionOf(const SplitOptions& options) {
  if (options.protection.has_value()) return *options.protection;
  return options.endpoints.size() >= 2 ? Protection::kShares : Protection::kPads;
}

Precision PrecisionOf(const SplitOptions& options, Precision wanted) {
  const bool plain = ProtectionOf(options) == Protection::kPlain && !options.plain_verified;
  return plain ? wanted : Precision::kFixed;
}

SplitSetup MakeSplitSetup(const SplitOptions& options, const PassSize& pass, Precision precision,
                          int threads) {
  SplitSetup setup;
  setup.protection = ProtectionOf(options);
  setup.endpoints = options.endpoints;
  if (!options.pinned_keys.empty() || !options.roots.empty()) {
    setup.tls.emplace();
    if (options.certificate.has_value()) {
      setup.tls->certificate_chain = options.certificate->chain;
      setup.tls->private_key = options.certificate->private_key;
    }
  }
  setup.pinned_keys = options.pinned_keys;
  setup.roots = options.roots;
  setup.insecure_channels = options.insecure_channels;
  setup.relay = options.relay;
  setup.relay_peer = options.relay_peer;
  setup.data_plane = options.data_plane;
  setup.connect_timeout = std::min(options.connect_timeout, options.exchange_timeout);
  setup.exchange_timeout = options.exchange_timeout;
  setup.plain_format = PlainFormat(precision);
  setup.offload = {.embedding = options.plain_embedding, .attention = options.plain_attention};
  setup.pads.store = {.memory_bytes = options.pads.memory_bytes,
                      .directory = options.pads.directory,
                      .directory_bytes = options.pads.directory_bytes};
  setup.pads.when_out = options.pads.when_out;
  StockPass(pass, setup.pads);
  setup.pads.threads = threads;
  return setup;
}

absl::Status CheckSplitOptions(const SplitOptions& options) {
  const size_t servers = options.endpoints.size();
  for (const std::string& endpoint : options.endpoints) {
    const absl::Status status = CheckEndpoint(endpoint, /*for_listening=*/false);
    if (status.ok()) continue;
    return absl::InvalidArgumentError(StrCat("endpoints: ", ToStd(status.message())));
  }
  SOTTO_RETURN_IF_ERROR(CheckCount("pinned_keys", options.pinned_keys.size(), servers));
  SOTTO_RETURN_IF_ERROR(CheckCount("roots", options.roots.size(), servers));
  if (!options.pinned_keys.empty() && !options.roots.empty()) {
    return absl::InvalidArgumentError("roots: cannot be combined with pinned_keys");
  }
  if (options.retries < 0) return absl::InvalidArgumentError("retries: must not be negative");
  return CheckSplitSetup(MakeSplitSetup(options, {}, PrecisionOf(options, Precision::kF32), 1));
}

std::string ConfidentialityWarning(const SplitOptions& options) {
  const Protection protection = ProtectionOf(options);
  const ProtectionSpec* const spec = FindProtection(protection);
  if (spec != nullptr) return std::string(spec->warning(options));
  return StrCat("NOT CONFIDENTIAL: protection ", ProtectionName(protection),
                " is not part of this program");
}

}  // namespace sotto
