// Text rewriting before tokenisation: tokenizer.json's `normalizer`, step by step.
#ifndef SOTTO_TRUSTED_TOKENIZER_NORMALIZER_H_
#define SOTTO_TRUSTED_TOKENIZER_NORMALIZER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/split_pattern.h"
#include "trusted/tokenizer/unicode_text.h"

namespace sotto {

struct NormalizerStep {
  enum class Kind {
    kPrepend,    // `content` before any text that is not empty
    kReplace,    // each `pattern`, left to right, by `content`
    kForm,       // `form`
    kLowercase,  // each character
    kStrip,      // white space at the ends
  };
  Kind kind = Kind::kPrepend;
  std::string pattern = {};  // not empty for kReplace without `regex`
  std::string content = {};
  std::shared_ptr<const SplitPattern> regex = {};  // of kReplace, instead of `pattern`
  NormalForm form = NormalForm::kNfc;
  bool strip_left = false, strip_right = false;
};

// How long a text of `text_bytes` may become. Llama's normaliser makes three bytes of a space.
inline constexpr size_t NormalizedLimit(size_t text_bytes) { return 16 * text_bytes + 1024; }

// A text, and how many bytes at its beginning come of the character that the input begins with, as
// NormalizedString of the reference tells by its alignments. 0: none, as where that one was
// removed.
struct AlignedText {
  std::string text = {};
  size_t start_bytes = 0;
};

// INVALID_ARGUMENT when the text, after any step, is longer than `max_bytes`: a step may double it,
// and thirty of them would fill the memory; or beyond the limit of steps in a regular expression.
// Needs no more than `max_bytes` and one `content` more.
absl::StatusOr<AlignedText> NormalizeAligned(const std::vector<NormalizerStep>& steps,
                                             AlignedText text, size_t max_bytes);
// The text alone.
absl::StatusOr<std::string> Normalize(const std::vector<NormalizerStep>& steps,
                                      std::string_view text, size_t max_bytes);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_NORMALIZER_H_
