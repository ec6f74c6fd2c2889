#include "cli/precision_flags.h"

#include <array>
#include <cstdio>
#include <string_view>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/memory_needed.h"
#include "kernels/measured_rates.h"

namespace sotto {
namespace {

// In the order of the enumerators, after the choice that is none.
constexpr std::array<std::string_view, 3> kAttentionPrecisions = {"auto", "f32", "bf16"};
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

}  // namespace

PrecisionFlags::PrecisionFlags(CLI::App& app)
    : linear_(app, {.flag = "--precision",
                    .placeholder = "P",
                    .help = "Of the linear layers: auto, f32, bf16, int8 or fixed; auto measures "
                            "which of bf16 and f32 this machine is faster in",
                    .default_value = "auto"}),
      attention_(app, {.flag = "--attention-precision",
                       .placeholder = "P",
                       .help = "Of attention under bf16 and int8: auto, f32 or bf16; auto measures "
                               "which is faster",
                       .default_value = "auto"}) {}

// The protections have a number format of their own; in the clear any but int8 can be sent.
absl::Status PrecisionFlags::ReadLinear(const std::optional<SplitOptions>& split,
                                        PrecisionChoice& choice) const {
  const bool fixed_only = split.has_value() && (split->protection != Protection::kPlain ||
                                                split->plain_format == NumberFormat::kRing32);
  const bool open = linear_.value() == "auto";
  if (fixed_only && open) {
    choice.linear = Precision::kFixed;
    choice.linear_reason = "what is protected or verified is computed in fixed";
    return absl::OkStatus();
  }
  const absl::StatusOr<Precision> precision = ParsePrecision(linear_.value());
  if (!precision.ok()) {
    return UsageError(StrCat(linear_.source(), ": ", ToStd(precision.status().message())));
  }
  if (fixed_only && *precision != Precision::kFixed) {
    return UsageError("--precision: what is protected or verified is computed in fixed");
  }
  if (split.has_value() && *precision == Precision::kInt8) {
    return UsageError("--precision: int8 is not for --split; use f32, bf16 or fixed");
  }
  choice.linear = *precision;
  choice.linear_reason = open ? Measured(ProductRates()) : kNamed;
  return absl::OkStatus();
}

absl::Status PrecisionFlags::ReadAttention(const std::optional<SplitOptions>& split,
                                           PrecisionChoice& choice) const {
  SOTTO_ASSIGN_OR_RETURN(const size_t named, attention_.Choice(kAttentionPrecisions));
  if (named > 0 && split.has_value()) {
    return UsageError("--attention-precision: not with --split");
  }
  if (named > 0 && !Rounds(choice.linear)) {
    return UsageError(StrCat("--attention-precision: with --precision ",
                             PrecisionName(choice.linear), " attention is computed in f32"));
  }
  if (named == 2 && AttentionRates().bf16 == 0) {
    return UsageError("--attention-precision: this processor has no bf16 products");
  }
  if (named > 0) {
    choice.attention = named == 1 ? AttentionPrecision::kF32 : AttentionPrecision::kBf16;
    choice.attention_reason = kNamed;
    return absl::OkStatus();
  }
  choice.attention = AttentionPrecisionFor(choice.linear);
  choice.attention_reason =
      Rounds(choice.linear) ? Measured(AttentionRates())
                            : StrCat("precision ", PrecisionName(choice.linear), " has no other");
  return absl::OkStatus();
}

absl::StatusOr<PrecisionChoice> PrecisionFlags::Read(
    const std::optional<SplitOptions>& split) const {
  SOTTO_RETURN_IF_ERROR(CheckMemoryToBegin());
  PrecisionChoice choice;
  SOTTO_RETURN_IF_ERROR(ReadLinear(split, choice));
  SOTTO_RETURN_IF_ERROR(ReadAttention(split, choice));
  return choice;
}

}  // namespace sotto
