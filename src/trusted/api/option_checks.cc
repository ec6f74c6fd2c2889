#include "trusted/api/option_checks.h"

#include <chrono>
#include <string>

#include "model/sha256.h"
#include "protocol/endpoint.h"
#include "protocol/own_certificate.h"
#include "trusted/api/precision_choice.h"
#include "trusted/api/split_backend.h"
#include "trusted/engine/memory_plan.h"

namespace sotto {
namespace {

// More than any machine has processors; each takes memory of its own.
constexpr int kMaxThreads = 4096;

absl::Status CheckSplitEnums(const SplitOptions& options) {
  if (options.protection.has_value()) {
    SOTTO_RETURN_IF_ERROR(CheckEnum("protection", *options.protection, Protection::kPads));
  }
  SOTTO_RETURN_IF_ERROR(CheckEnum("relay", options.relay, RelayUse::kNever));
  SOTTO_RETURN_IF_ERROR(CheckEnum("data_plane", options.data_plane, DataPlane::kGrpc));
  return CheckEnum("when_out", options.pads.when_out, WhenOut::kFail);
}

absl::Status CheckTime(std::string_view field, std::chrono::milliseconds time) {
  if (time > std::chrono::milliseconds(0)) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(field, ": must be positive"));
}

// `status` of a field's value, as one of the field.
absl::Status OfField(std::string_view field, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::InvalidArgumentError(StrCat(field, ": ", ToStd(status.message())));
}

absl::Status CheckCertificate(const SplitOptions& options) {
  if (!options.certificate.has_value()) return absl::OkStatus();
  if (options.pinned_keys.empty() && options.roots.empty()) {
    return absl::InvalidArgumentError("certificate: has no use without pinned_keys or roots");
  }
  SOTTO_RETURN_IF_ERROR(OfField("certificate", CheckValidNow(options.certificate->chain)));
  return OfField("certificate", CheckKeyOfCertificate(options.certificate->chain,
                                                      options.certificate->private_key));
}

// Numbers, times and keys.
absl::Status CheckSplitValues(const SplitOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckSplitEnums(options));
  SOTTO_RETURN_IF_ERROR(CheckTime("connect_timeout", options.connect_timeout));
  SOTTO_RETURN_IF_ERROR(CheckTime("exchange_timeout", options.exchange_timeout));
  for (const std::string& key : options.pinned_keys) {
    if (!IsSha256Hex(key)) {
      return absl::InvalidArgumentError("pinned_keys: must be 64 hex digits each");
    }
  }
  for (const std::string& root : options.roots) {
    SOTTO_RETURN_IF_ERROR(OfField("roots", CheckCertificates(root)));
  }
  return CheckCertificate(options);
}

absl::Status CheckCount(std::string_view field, size_t given, size_t endpoints) {
  if (given == 0 || given == endpoints) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(field, ": ", given, " given for ", endpoints,
                                           " servers; give one for each, in the same order"));
}

absl::Status CheckServers(const SplitOptions& options) {
  const size_t servers = options.endpoints.size();
  for (const std::string& endpoint : options.endpoints) {
    SOTTO_RETURN_IF_ERROR(OfField("endpoints", CheckEndpoint(endpoint, /*for_listening=*/false)));
  }
  if (!options.relay_peer.empty()) {
    SOTTO_RETURN_IF_ERROR(
        OfField("relay_peer", CheckEndpoint(options.relay_peer, /*for_listening=*/false)));
  }
  SOTTO_RETURN_IF_ERROR(CheckCount("pinned_keys", options.pinned_keys.size(), servers));
  SOTTO_RETURN_IF_ERROR(CheckCount("roots", options.roots.size(), servers));
  if (!options.pinned_keys.empty() && !options.roots.empty()) {
    return absl::InvalidArgumentError("roots: cannot be combined with pinned_keys");
  }
  if (options.retries < 0) return absl::InvalidArgumentError("retries: must not be negative");
  return absl::OkStatus();
}

absl::Status CheckSplit(const PrefillOptions& options) {
  if (!options.weight_cache_dir.empty()) {
    return absl::InvalidArgumentError(
        "weight_cache_dir: not available in split mode, which packs no weights");
  }
  if (options.oblivious_embedding && options.split->plain_embedding) {
    return absl::InvalidArgumentError(
        "oblivious_embedding: not available where a server looks tokens up");
  }
  return CheckSplitOptions(*options.split);
}

absl::Status CheckNumbers(const PrefillOptions& options) {
  if (options.batch_size == 0) return absl::InvalidArgumentError("batch_size: must be at least 1");
  if (options.prefill_length == 0) {
    return absl::InvalidArgumentError("prefill_length: must be at least 1");
  }
  SOTTO_RETURN_IF_ERROR(CheckThreads(options.threads));
  return CheckBatchShape(options.batch_size, options.prefill_length);
}

}  // namespace

absl::Status CheckThreads(int threads) {
  if (threads >= 0 && threads <= kMaxThreads) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("threads: must be 0 to ", kMaxThreads));
}

absl::Status CheckSplitOptions(const SplitOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckSplitValues(options));
  SOTTO_RETURN_IF_ERROR(CheckServers(options));
  return CheckSplitSetup(MakeSplitSetup(options, {}, PrecisionOf(options, Precision::kF32), 1));
}

absl::StatusOr<PrecisionReport> CheckedPrecision(const PrefillOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckNumbers(options));
  SOTTO_RETURN_IF_ERROR(CheckPositions(options.positions));
  if (options.precision.has_value()) {
    SOTTO_RETURN_IF_ERROR(CheckEnum("precision", *options.precision, Precision::kFixed));
  }
  SOTTO_RETURN_IF_ERROR(CheckEnum("fixed_weights", options.fixed_weights, FixedWeights::k8Bits));
  if (options.attention_precision.has_value()) {
    SOTTO_RETURN_IF_ERROR(
        CheckEnum("attention_precision", *options.attention_precision, AttentionPrecision::kBf16));
  }
  if (options.split.has_value()) SOTTO_RETURN_IF_ERROR(CheckSplit(options));
  return ChoosePrecision(options);
}

absl::Status Validate(const PrefillOptions& options) { return CheckedPrecision(options).status(); }

}  // namespace sotto
