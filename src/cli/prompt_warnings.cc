#include "cli/prompt_warnings.h"

#include <algorithm>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kMaxNamedPrompts = 8;

// "(2 of 10): FILE: line 3, FILE: line 7".
std::string Named(std::span<const size_t> some, std::span<const Prompt> prompts) {
  std::string names;
  for (const size_t i : some.first(std::min(some.size(), kMaxNamedPrompts))) {
    names += StrCat(names.empty() ? "" : ", ", prompts[i].source);
  }
  if (some.size() > kMaxNamedPrompts)
    names += StrCat(", and ", some.size() - kMaxNamedPrompts, " more");
  return StrCat("(", some.size(), " of ", prompts.size(), "): ", names);
}

}  // namespace

std::vector<std::string> PromptWarnings(std::span<const Prompt> prompts, const BatchRows& rows,
                                        Truncation truncation, Platform platform) {
  std::vector<std::string> warnings;
  if (ProtectsFromHost(platform)) return warnings;
  if (!rows.truncated.empty()) {
    const bool left = truncation == Truncation::kLeft;
    warnings.push_back(StrCat("prompts longer than --prefill-length lose their ",
                              left ? "first" : "last", " tokens; raise it, or see --truncate ",
                              Named(rows.truncated, prompts)));
  }
  if (!rows.doubled_bos.empty()) {
    warnings.push_back(
        StrCat("prompts begin with the BOS token that the tokenizer adds to every text, so they "
               "have it twice; see --bos, --special-tokens ",
               Named(rows.doubled_bos, prompts)));
  }
  return warnings;
}

}  // namespace sotto
