#include "trusted/api/precision_choice.h"

#include <cstdio>
#include <string>

#include "base/strings.h"
#include "kernels/measured_rates.h"
#include "trusted/api/memory_needed.h"
#include "trusted/api/split_backend.h"
#include "trusted/linear/local.h"

namespace sotto {
namespace {

constexpr char kNamed[] = "named";

std::string Measured(const MeasuredRates& rates) {
  if (rates.bf16 == 0) return "this processor has no bf16 products";
  char ratio[64];
  std::snprintf(ratio, sizeof ratio, "measured: bf16 ran at %.2f times the rate of f32",
                rates.bf16 / rates.f32);
  return ratio;
}

bool Rounds(Precision precision) {
  return precision == Precision::kBf16 || precision == Precision::kInt8;
}

// The protections have a number format of their own; in the clear any but int8 can be sent.
absl::Status ChooseLinear(const PrefillOptions& options, PrecisionReport& choice) {
  const bool split = options.split.has_value();
  const bool fixed_only = split && (ProtectionOf(*options.split) != Protection::kPlain ||
                                    options.split->plain_verified);
  if (fixed_only) {
    if (options.precision.value_or(Precision::kFixed) != Precision::kFixed) {
      return absl::InvalidArgumentError(
          "precision: must be fixed, as protected and verified layers are always computed in it");
    }
    choice.linear = Precision::kFixed;
    choice.linear_reason = options.precision.has_value()
                               ? kNamed
                               : "protected and verified layers are computed in fixed";
    return absl::OkStatus();
  }
  if (split && options.precision == Precision::kInt8) {
    return absl::InvalidArgumentError(
        "precision: int8 is not available in split mode; use f32, bf16 or fixed");
  }
  if (options.precision.has_value()) {
    choice.linear = *options.precision;
    choice.linear_reason = kNamed;
    return absl::OkStatus();
  }
  choice.linear = ProductRates().bf16_is_faster() ? Precision::kBf16 : Precision::kF32;
  choice.linear_reason = Measured(ProductRates());
  return absl::OkStatus();
}

absl::Status CheckAttention(const PrefillOptions& options, Precision linear) {
  // What it is computed in anyway.
  if (*options.attention_precision == AttentionPrecision::kF32 && !Rounds(linear)) {
    return absl::OkStatus();
  }
  if (options.split.has_value()) {
    return absl::InvalidArgumentError("attention_precision: not available in split mode");
  }
  if (!Rounds(linear)) {
    return absl::InvalidArgumentError(StrCat("attention_precision: with precision ",
                                             PrecisionName(linear),
                                             " attention is computed in f32"));
  }
  if (*options.attention_precision == AttentionPrecision::kBf16 && AttentionRates().bf16 == 0) {
    return absl::InvalidArgumentError("attention_precision: this processor has no bf16 products");
  }
  return absl::OkStatus();
}

absl::Status ChooseAttention(const PrefillOptions& options, PrecisionReport& choice) {
  if (options.attention_precision.has_value()) {
    SOTTO_RETURN_IF_ERROR(CheckAttention(options, choice.linear));
    choice.attention = *options.attention_precision;
    choice.attention_reason = kNamed;
    return absl::OkStatus();
  }
  choice.attention = AttentionPrecisionFor(choice.linear);
  choice.attention_reason =
      Rounds(choice.linear) ? Measured(AttentionRates())
                            : StrCat("precision ", PrecisionName(choice.linear), " has no other");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PrecisionReport> ChoosePrecision(const PrefillOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckMemoryToBegin());
  PrecisionReport choice;
  SOTTO_RETURN_IF_ERROR(ChooseLinear(options, choice));
  SOTTO_RETURN_IF_ERROR(ChooseAttention(options, choice));
  if (choice.linear == Precision::kFixed) choice.fixed_weights = options.fixed_weights;
  return choice;
}

}  // namespace sotto
