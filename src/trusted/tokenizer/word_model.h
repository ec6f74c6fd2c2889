// What tokenizer.json's `model` does: the ids of one word, without added tokens or
// pre-tokenisation.
#ifndef SOTTO_TRUSTED_TOKENIZER_WORD_MODEL_H_
#define SOTTO_TRUSTED_TOKENIZER_WORD_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

// Tokens that words may not become: special ones, where text is to stay text.
struct BarredTokens {
  std::vector<uint8_t> by_id = {};  // 1: barred; may be shorter than the vocabulary
  // Nor what stands for characters that the model lacks, though no text spells it.
  bool unknown = false;

  bool Has(int32_t id) const {
    return static_cast<size_t>(id) < by_id.size() && by_id[static_cast<size_t>(id)] != 0;
  }
};

// Encodes words one after the other, keeping its memory; one thread at a time.
class WordEncoder {
 public:
  virtual ~WordEncoder() = default;

  // Appends the ids of `word`. INVALID_ARGUMENT where a character has neither a token nor a
  // substitute and the model may not drop it, or has barred ones only. REQUIRES: valid UTF-8, not
  // empty, less than 2^31 bytes.
  virtual absl::Status Encode(std::string_view word, std::vector<int32_t>& ids) = 0;
};

// Immutable.
class WordModel {
 public:
  virtual ~WordModel() = default;

  // The model and `barred` must outlive the encoder. Text becomes what it would if the model had no
  // such tokens.
  virtual std::unique_ptr<WordEncoder> NewEncoder(const BarredTokens& barred) const = 0;
};

// For a character that has barred tokens only.
inline absl::Status OnlyBarredTokens() {
  return absl::InvalidArgumentError(
      "the text has a character that only a special token of the tokenizer stands for, and special "
      "tokens are not to come of text");
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_WORD_MODEL_H_
