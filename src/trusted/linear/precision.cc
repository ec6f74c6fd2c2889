#include "base/cpu.h"
#include "base/strings.h"
#include "kernels/measured_rates.h"
#include "trusted/linear/local.h"

namespace sotto {

std::string_view PrecisionName(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return "f32";
    case Precision::kBf16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
    case Precision::kFixed:
      return "fixed";
  }
  return "unknown";
}

absl::StatusOr<Precision> ParsePrecision(std::string_view name) {
  if (name == "auto") {
    return ProductRates().bf16_is_faster() ? Precision::kBf16 : Precision::kF32;
  }
  for (Precision precision :
       {Precision::kF32, Precision::kBf16, Precision::kInt8, Precision::kFixed}) {
    if (name == PrecisionName(precision)) return precision;
  }
  return absl::InvalidArgumentError(
      StrCat("\"", name, "\" is not one of auto, f32, bf16, int8 or fixed"));
}

int FixedWeightBits(FixedWeights width) { return width == FixedWeights::k12Bits ? 12 : 8; }

std::string_view AttentionPrecisionName(AttentionPrecision precision) {
  return precision == AttentionPrecision::kBf16 ? "bf16" : "f32";
}

AttentionPrecision AttentionPrecisionFor(Precision precision) {
  const bool rounds = precision == Precision::kBf16 || precision == Precision::kInt8;
  return rounds && AttentionRates().bf16_is_faster() ? AttentionPrecision::kBf16
                                                     : AttentionPrecision::kF32;
}

}  // namespace sotto
