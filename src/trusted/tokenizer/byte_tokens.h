// byte_fallback's tokens: "<0x00>" .. "<0xFF>".
#ifndef SOTTO_TRUSTED_TOKENIZER_BYTE_TOKENS_H_
#define SOTTO_TRUSTED_TOKENIZER_BYTE_TOKENS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trusted/tokenizer/vocabulary.h"

namespace sotto {

inline constexpr int32_t kNoToken = -1;

// An id a byte, or kNoToken.
using ByteIds = std::array<int32_t, 256>;

inline ByteIds FallbackIds(const Vocabulary& vocabulary) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  ByteIds ids{};
  for (int b = 0; b < 256; ++b) {
    const std::string name = {'<', '0', 'x', kDigits[b / 16], kDigits[b % 16], '>'};
    ids[b] = vocabulary.Find(name).value_or(kNoToken);
  }
  return ids;
}

// Appends the ids of all bytes of `text`, or none and returns false where one has no token.
inline bool AppendByteTokens(const ByteIds& byte_ids, std::string_view text,
                             std::vector<int32_t>& ids) {
  const size_t before = ids.size();
  for (const char c : text) {
    const int32_t id = byte_ids[static_cast<uint8_t>(c)];
    if (id == kNoToken) {
      ids.resize(before);
      return false;
    }
    ids.push_back(id);
  }
  return true;
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_BYTE_TOKENS_H_
