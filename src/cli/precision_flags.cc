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
                       .default_value = defaults.attention}) {}

absl::Status PrecisionFlags::Read(PrefillOptions& options) const {
  const bool split_default = options.split.has_value() && !linear_.given();
  if (linear_.value() != "auto" && !split_default) {
    const absl::StatusOr<Precision> precision = ParsePrecision(linear_.value());
    if (!precision.ok()) {
      return UsageError(StrCat(linear_.source(), ": ", ToStd(precision.status().message())));
    }
    options.precision = *precision;
  }
  if (!attention_.given() && !RoundsOperands(options)) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const size_t attention, attention_.Choice(kAttentionPrecisions));
  if (attention == 0) return absl::OkStatus();
  options.attention_precision =
      attention == 1 ? AttentionPrecision::kF32 : AttentionPrecision::kBf16;
  return absl::OkStatus();
}

}  // namespace sotto
