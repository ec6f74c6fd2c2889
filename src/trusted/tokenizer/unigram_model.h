// A unigram language model: tokenizer.json's `model` of type Unigram. Of all ways to cut a word
// into tokens, the one of the highest sum of scores (Kudo 2018, section 3.2), found by Viterbi's
// algorithm as the reference's encode_optimized() does it.
#ifndef SOTTO_TRUSTED_TOKENIZER_UNIGRAM_MODEL_H_
#define SOTTO_TRUSTED_TOKENIZER_UNIGRAM_MODEL_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trusted/tokenizer/byte_tokens.h"
#include "trusted/tokenizer/byte_trie.h"
#include "trusted/tokenizer/vocabulary.h"
#include "trusted/tokenizer/word_model.h"

namespace sotto {

// A text may be looked at once for each byte of the longest token.
inline constexpr size_t kMaxUnigramTokenBytes = 256;

// tokenizer.json's `model`, as it stands there.
struct UnigramDefinition {
  std::vector<std::string> tokens;  // by id
  std::vector<double> scores;       // by id; finite
  Vocabulary vocabulary;
  std::optional<int32_t> unk_id;
  bool byte_fallback = false;  // an unknown stretch becomes its bytes' tokens, if all are there
};

class UnigramModel : public WordModel {
 public:
  explicit UnigramModel(UnigramDefinition definition);

  std::unique_ptr<WordEncoder> NewEncoder(const BarredTokens& barred) const override;

 private:
  friend class UnigramEncoder;

  std::vector<double> scores_;
  Vocabulary vocabulary_;
  ByteTrie trie_;  // to ids
  ByteIds byte_ids_{};
  std::optional<int32_t> unk_id_;
  bool byte_fallback_ = false;
  double unk_score_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_UNIGRAM_MODEL_H_
