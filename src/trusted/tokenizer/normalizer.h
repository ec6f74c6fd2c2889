// Text rewriting before tokenisation: the normalisers Llama 2 uses.
#ifndef SOTTO_TRUSTED_TOKENIZER_NORMALIZER_H_
#define SOTTO_TRUSTED_TOKENIZER_NORMALIZER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

struct NormalizerStep {
  enum class Kind {
    kPrepend,  // `content` before any text that is not empty
    kReplace,  // each `pattern`, left to right, by `content`
  };
  Kind kind = Kind::kPrepend;
  std::string pattern;  // not empty for kReplace
  std::string content;
};

// How long a text of `text_bytes` may become. Llama's normaliser makes three bytes of a space.
inline constexpr size_t NormalizedLimit(size_t text_bytes) { return 16 * text_bytes + 1024; }

// INVALID_ARGUMENT when the text, after any step, is longer than `max_bytes`: a step may double it,
// and thirty of them would fill the memory. Needs no more than `max_bytes` and one `content` more.
absl::StatusOr<std::string> Normalize(const std::vector<NormalizerStep>& steps,
                                      std::string_view text, size_t max_bytes);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_NORMALIZER_H_
