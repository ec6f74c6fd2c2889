#include "trusted/tokenizer/normalizer.h"

#include "base/check.h"
#include "base/strings.h"
#include "trusted/tokenizer/white_space.h"

namespace sotto {
namespace {

// Stops once the result is longer than `max_bytes`.
std::string ReplaceAll(std::string_view text, const NormalizerStep& step, size_t max_bytes) {
  SOTTO_CHECK(!step.pattern.empty());
  std::string out;
  while (out.size() <= max_bytes) {
    const size_t at = text.find(step.pattern);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) break;
    out.append(step.content);
    text.remove_prefix(at + step.pattern.size());
  }
  return out;
}

absl::Status TooLong(size_t max_bytes) {
  return absl::InvalidArgumentError(
      StrCat("the normalizer makes text longer than the limit of ", max_bytes, " bytes"));
}

absl::StatusOr<std::string> ReplaceMatches(std::string_view text, const NormalizerStep& step,
                                           size_t max_bytes) {
  std::string out;
  MatchBudget budget(text.size());
  SOTTO_RETURN_IF_ERROR(
      step.regex->EachMatch(text, budget, [&](PatternMatch match) -> absl::Status {
        out.append(match.matched ? std::string_view(step.content) : match.text);
        return out.size() > max_bytes ? TooLong(max_bytes) : absl::OkStatus();
      }));
  return out;
}

std::string Strip(std::string_view text, const NormalizerStep& step) {
  if (step.strip_left) text.remove_prefix(LeadingSpace(text));
  if (step.strip_right) text = text.substr(0, TrailingSpaceBegin(text));
  return std::string(text);
}

absl::StatusOr<std::string> RunStep(const NormalizerStep& step, std::string text,
                                    size_t max_bytes) {
  switch (step.kind) {
    case NormalizerStep::Kind::kPrepend:
      return text.empty() ? std::move(text) : step.content + text;
    case NormalizerStep::Kind::kReplace:
      if (step.regex != nullptr) return ReplaceMatches(text, step, max_bytes);
      return ReplaceAll(text, step, max_bytes);
    case NormalizerStep::Kind::kForm:
      return NormalizedForm(text, step.form);
    case NormalizerStep::Kind::kLowercase:
      return LowercaseText(text);
    case NormalizerStep::Kind::kStrip:
      return Strip(text, step);
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> Normalize(const std::vector<NormalizerStep>& steps,
                                      std::string_view text, size_t max_bytes) {
  std::string out(text);
  for (const NormalizerStep& step : steps) {
    SOTTO_ASSIGN_OR_RETURN(out, RunStep(step, std::move(out), max_bytes));
    if (out.size() > max_bytes) return TooLong(max_bytes);
  }
  return out;
}

}  // namespace sotto
