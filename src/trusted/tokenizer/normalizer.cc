#include "trusted/tokenizer/normalizer.h"

#include "base/check.h"
#include "base/strings.h"

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

}  // namespace

absl::StatusOr<std::string> Normalize(const std::vector<NormalizerStep>& steps,
                                      std::string_view text, size_t max_bytes) {
  std::string out(text);
  for (const NormalizerStep& step : steps) {
    if (step.kind == NormalizerStep::Kind::kReplace) {
      out = ReplaceAll(out, step, max_bytes);
    } else if (!out.empty()) {
      out.insert(0, step.content);
    }
    if (out.size() > max_bytes) {
      return absl::InvalidArgumentError(
          StrCat("the normalizer makes text longer than the limit of ", max_bytes, " bytes"));
    }
  }
  return out;
}

}  // namespace sotto
