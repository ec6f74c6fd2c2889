// tokenizer.json's `pre_tokenizer`: the steps that cut normalised text into words.
#ifndef SOTTO_TRUSTED_TOKENIZER_PRE_TOKENIZER_H_
#define SOTTO_TRUSTED_TOKENIZER_PRE_TOKENIZER_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/status.h"
#include "trusted/tokenizer/split_pattern.h"

namespace sotto {

// What becomes of an expression's matches.
enum class SplitBehavior {
  kIsolated,            // a match is a piece, and what stands between two is one
  kRemoved,             // a match is no piece
  kMergedWithPrevious,  // a match belongs to what stands before it
  kMergedWithNext,      // a match belongs to what stands behind it
  kContiguous,          // neighbouring matches are one piece
};

// One step of few kinds, to which all pre-tokenizers come down.
struct PreTokenizerStep {
  enum class Kind {
    kSplit,      // by `pattern`
    kMetaspace,  // each space becomes `text`, and a text may get one more before it
    kPrefix,     // a piece that does not begin with `text` gets it
    kSpellBytes  // each byte becomes its character of the byte alphabet
  };
  enum class Prepend { kNever, kFirst, kAlways };  // kFirst: of the input's first character

  Kind kind = Kind::kSplit;
  std::vector<SplitPattern> pattern = {};  // one, of kSplit
  SplitBehavior behavior = SplitBehavior::kIsolated;
  bool invert = false;  // what does not match counts as a match
  std::string text = {};
  Prepend prepend = Prepend::kAlways;
};

// A piece of text, and how many bytes at its beginning come of the character that the input begins
// with (AlignedText).
struct TextPiece {
  std::string_view text;
  size_t start_bytes = 0;

  // `part` of its text.
  TextPiece Part(std::string_view part) const {
    const size_t begin = part.data() - text.data();
    return {part, std::min(part.size(), start_bytes - std::min(start_bytes, begin))};
  }
};

// One text's way through the steps. `steps` must outlive it.
class PreTokenizer {
 public:
  using WordSink = absl::FunctionRef<absl::Status(std::string_view word)>;

  PreTokenizer(const std::vector<PreTokenizerStep>& steps, size_t text_bytes)
      : steps_(steps), budget_(text_bytes) {}

  // Calls `sink` with the words of `piece`, none of them empty. Stops at the first error, its own
  // (see SplitPattern) or the sink's.
  absl::Status Run(TextPiece piece, WordSink sink) { return RunFrom(0, piece, sink); }

 private:
  absl::Status RunFrom(size_t step, TextPiece piece, WordSink sink);

  const std::vector<PreTokenizerStep>& steps_;
  MatchBudget budget_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_PRE_TOKENIZER_H_
