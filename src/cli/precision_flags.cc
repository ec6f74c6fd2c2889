#include "cli/precision_flags.h"

#include <array>
#include <string_view>

#include "base/strings.h"
#include "cli/command.h"
#include "trusted/linear/local.h"

namespace sotto {
namespace {

// In the order of the enumerators, after the choice that is none.
constexpr std::array<std::string_view, 3> kAttentionPrecisions = {"auto", "f32", "bf16"};
// Likewise.
constexpr std::array<std::string_view, 2> kFixedWeights = {"12", "8"};

// Whether attention may be computed in another precision than f32.
bool RoundsOperands(const PrefillOptions& options) {
  return !options.split.has_value() &&
         (options.precision == Precision::kBf16 || options.precision == Precision::kInt8);
}

}  // namespace

PrecisionFlags::PrecisionFlags(CLI::App& app, const PrecisionDefaults& defaults)
    : linear_(app, {.flag = "--precision",
                    .placeholder = "P",
                    .help = "Precision of the linear layers: auto, f32, bf16, int8 or fixed; auto "
                            "measures whether bf16 or f32 is faster on this machine",
                    .default_value = defaults.linear,
                    .shown_default = defaults.shown_linear}),
      attention_(app, {.flag = "--attention-precision",
                       .placeholder = "P",
                       .help = "Precision of attention with --precision bf16 or int8: auto, f32 or "
                               "bf16; auto measures which is faster",
                       .default_value = defaults.attention}),
      fixed_weights_(app, {.flag = "--fixed-weights",
                           .placeholder = "BITS",
                           .help = "Bits of a weight, 12 or 8, in precision fixed, which the "
                                   "protected modes compute in; 8 halves the work of products and "
                                   "makes log-probabilities some ten times less exact",
                           .default_value = "12"}) {}

absl::Status PrecisionFlags::Read(PrefillOptions& options) const {
  const bool split_default = options.split.has_value() && !linear_.given();
  if (linear_.value() != "auto" && !split_default) {
    const absl::StatusOr<Precision> precision = ParsePrecision(linear_.value());
    if (!precision.ok()) {
      return UsageError(StrCat(linear_.source(), ": ", ToStd(precision.status().message())));
    }
    options.precision = *precision;
  }
  SOTTO_RETURN_IF_ERROR(ReadFixedWeights(options));
  if (!attention_.given() && !RoundsOperands(options)) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const size_t attention, attention_.Choice(kAttentionPrecisions));
  if (attention == 0) return absl::OkStatus();
  options.attention_precision =
      attention == 1 ? AttentionPrecision::kF32 : AttentionPrecision::kBf16;
  return absl::OkStatus();
}

absl::Status PrecisionFlags::ReadFixedWeights(PrefillOptions& options) const {
  if (!fixed_weights_.given()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const size_t width, fixed_weights_.Choice(kFixedWeights));
  options.fixed_weights = static_cast<FixedWeights>(width);
  if (options.split.has_value() || options.precision == Precision::kFixed) return absl::OkStatus();
  return UsageError(
      StrCat(fixed_weights_.source(), ": has no effect without --precision fixed or --split"));
}

}  // namespace sotto
