// What tokenizer.json's `model` does: the ids of one word, without added tokens or
// pre-tokenisation.
#ifndef SOTTO_TRUSTED_TOKENIZER_WORD_MODEL_H_
#define SOTTO_TRUSTED_TOKENIZER_WORD_MODEL_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

// Encodes words one after the other, keeping its memory; one thread at a time.
class WordEncoder {
 public:
  virtual ~WordEncoder() = default;

  // Appends the ids of `word`. INVALID_ARGUMENT where a character has neither a token nor a
  // substitute and the model may not drop it. REQUIRES: valid UTF-8, not empty, less than 2^31
  // bytes.
  virtual absl::Status Encode(std::string_view word, std::vector<int32_t>& ids) = 0;
};

// Immutable.
class WordModel {
 public:
  virtual ~WordModel() = default;

  // The model must outlive the encoder.
  virtual std::unique_ptr<WordEncoder> NewEncoder() const = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_WORD_MODEL_H_
