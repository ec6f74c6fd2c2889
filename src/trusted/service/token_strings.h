// Texts of single tokens in answers. TRUSTED.
#ifndef SOTTO_TRUSTED_SERVICE_TOKEN_STRINGS_H_
#define SOTTO_TRUSTED_SERVICE_TOKEN_STRINGS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/wiping_allocator.h"
#include "sotto/model.h"

namespace sotto {

enum class TokenNames {
  kTexts,  // The text; "bytes:\xe2\x80" for what is no whole character; "token_id:17" without any.
  kIds,    // "token_id:17"
};

// The same for one id wherever it stands. Two ids may have one text.
SecretString TokenName(const Model& model, int32_t id, TokenNames names);
SecretString TokenIdName(int32_t id);

// A text of ids, and where each of its tokens begins.
struct TokenizedText {
  SecretString text = {};
  // In characters (Unicode scalar values) of the text. Tokens inside one character begin where it
  // does.
  std::vector<size_t> offsets = {};
};

// The text that the ids come to, without the first `hidden` ones, which begin at 0 and are nothing.
// Empty, with offsets of 0, without a tokenizer.
TokenizedText TextOf(const Model& model, std::span<const int32_t> ids, size_t hidden);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_TOKEN_STRINGS_H_
