#include "enclave/tokenizer/normalizer.h"

#include "base/check.h"

namespace sotto {
namespace {

std::string ReplaceAll(std::string_view text, std::string_view pattern, std::string_view content) {
  SOTTO_CHECK(!pattern.empty());
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const size_t at = text.find(pattern);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    out.append(content);
    text.remove_prefix(at + pattern.size());
  }
}

}  // namespace

std::string Normalize(const std::vector<NormalizerStep>& steps, std::string_view text) {
  std::string out(text);
  for (const NormalizerStep& step : steps) {
    if (step.kind == NormalizerStep::Kind::kReplace) {
      out = ReplaceAll(out, step.pattern, step.content);
    } else if (!out.empty()) {
      out.insert(0, step.content);
    }
  }
  return out;
}

}  // namespace sotto
