// A BPE model: the ids of one word, without special tokens or pre-tokenisation.
#ifndef SOTTO_TRUSTED_TOKENIZER_BPE_MODEL_H_
#define SOTTO_TRUSTED_TOKENIZER_BPE_MODEL_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/merge_table.h"
#include "trusted/tokenizer/vocabulary.h"
#include "trusted/tokenizer/word_merger.h"

namespace sotto {

// tokenizer.json's `model`, as it stands there.
struct BpeDefinition {
  std::vector<std::string> tokens;  // by id; empty where an id belongs to an added token
  Vocabulary vocabulary;            // the same the other way round
  MergeTable merges;
  bool ignore_merges = false;  // a word that is a token as a whole is that token
  bool byte_fallback = false;  // an unknown character becomes its bytes' tokens <0x00> .. <0xFF>
  bool fuse_unk = false;       // neighbouring unknown characters become one unk_token
  std::optional<int32_t> unk_id;
};

// Immutable. Words are raw UTF-8 text in both families.
class BpeModel {
 public:
  enum class Family {
    kByteLevel,   // begins with bytes
    kCharacters,  // begins with characters
  };

  // INVALID_ARGUMENT when some character could not be encoded: byte-level without a token for
  // every byte of UTF-8; byte_fallback without all 256; neither byte_fallback nor unk_token.
  static absl::StatusOr<BpeModel> Create(BpeDefinition definition, Family family);

 private:
  friend class WordEncoder;
  BpeModel() = default;

  Family family_ = Family::kByteLevel;
  Vocabulary words_;  // keys are raw bytes in both families
  MergeTable merges_;
  std::array<int32_t, 256> byte_ids_{};  // of single bytes, or of the fallback tokens
  bool ignore_merges_ = false, byte_fallback_ = false, fuse_unk_ = false;
  bool cut_before_space_ = false;  // see CanCutBeforeSpace()
  int32_t unk_id_ = 0;
};

// Encodes words one after the other; one thread at a time.
class WordEncoder {
 public:
  // `model` must outlive this object.
  explicit WordEncoder(const BpeModel& model) : model_(model), merger_(model.merges_) {}

  // Appends the ids of `word`. REQUIRES: valid UTF-8, not empty, less than 2^31 bytes.
  void Encode(std::string_view word, std::vector<int32_t>& ids);

 private:
  void EncodeCharacters(std::string_view text, std::vector<int32_t>& ids);
  void PushCharacters(std::string_view word);

  const BpeModel& model_;
  WordMerger merger_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_BPE_MODEL_H_
