// The parser of tokenizer.json (the serialisation of Hugging Face `tokenizers`, version "1.0").
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/added_tokens.h"
#include "trusted/tokenizer/bpe_model.h"
#include "trusted/tokenizer/normalizer.h"
#include "trusted/tokenizer/split_pattern.h"
#include "trusted/tokenizer/token_decoder.h"

namespace sotto {

// What a tokenizer.json says, checked: ids of vocabulary and added tokens together are
// 0 .. n - 1, each named once; merges and templates name ids that exist.
struct TokenizerDefinition {
  BpeDefinition model;
  std::vector<AddedToken> added_tokens;
  std::vector<std::string> tokens;  // the string of every id, added tokens included
  std::vector<NormalizerStep> normalizer;
  bool byte_level = false;                      // pre_tokenizer ends in ByteLevel
  std::vector<SplitPattern> splits;             // pre_tokenizer's Split steps, in order
  std::vector<int32_t> prefix_ids, suffix_ids;  // post_processor: around a text
  DecoderSteps decoder;
};

// Errors as Tokenizer::Parse. Truncation and padding in the file are ignored: they are the
// caller's affair.
absl::StatusOr<TokenizerDefinition> ParseTokenizerJson(std::string_view json,
                                                       const std::string& source);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_H_
