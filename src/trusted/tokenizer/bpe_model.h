// Byte-pair encoding: tokenizer.json's `model` of type BPE.
#ifndef SOTTO_TRUSTED_TOKENIZER_BPE_MODEL_H_
#define SOTTO_TRUSTED_TOKENIZER_BPE_MODEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/byte_tokens.h"
#include "trusted/tokenizer/merge_table.h"
#include "trusted/tokenizer/vocabulary.h"
#include "trusted/tokenizer/word_model.h"

namespace sotto {

// tokenizer.json's `model`, as it stands there.
struct BpeDefinition {
  std::vector<std::string> tokens;  // by id; empty where the model has no such id
  Vocabulary vocabulary;            // the same the other way round
  MergeTable merges;
  bool ignore_merges = false;  // a word that is a token as a whole is that token
  bool byte_fallback = false;  // an unknown character becomes its bytes' tokens, if all are there
  bool fuse_unk = false;       // neighbouring unknown characters become one unk_token
  std::optional<int32_t> unk_id;  // none: unknown characters are dropped
  bool unk_missing = false;       // unk_token names no token: unknown characters are an error
  std::string continuing_prefix;  // before every character but a word's first
  std::string word_suffix;        // behind a word's last character
};

// Words are UTF-8 text in both families.
class BpeModel : public WordModel {
 public:
  enum class Family {
    kByteLevel,   // begins with bytes: the words are raw text, which ByteLevel would spell out
    kCharacters,  // begins with characters
  };

  // Whether kByteLevel gives the ids that kCharacters would give of the text spelt out.
  static bool HasByteLevelForm(const BpeDefinition& definition);

  // REQUIRES: HasByteLevelForm() for kByteLevel.
  BpeModel(BpeDefinition definition, Family family);

  std::unique_ptr<WordEncoder> NewEncoder(const BarredTokens& barred) const override;

 private:
  friend class BpeEncoder;

  Family family_;
  Vocabulary words_;  // keys are raw bytes for kByteLevel
  MergeTable merges_;
  ByteIds byte_ids_{};  // of single bytes, or of the fallback tokens
  bool ignore_merges_ = false, byte_fallback_ = false, fuse_unk_ = false;
  bool cut_before_space_ = false;  // see CanCutBeforeSpace()
  std::optional<int32_t> unk_id_;
  bool unk_missing_ = false;
  std::string continuing_prefix_, word_suffix_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_BPE_MODEL_H_
