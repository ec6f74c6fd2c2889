// tokenizer_config.json beside a tokenizer.json. Ids never depend on it, since neither a pinned
// digest nor a sealed model's root covers it; what it says otherwise draws a warning.
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKENIZER_CONFIG_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKENIZER_CONFIG_H_

#include <string>
#include <string_view>
#include <vector>

#include "trusted/tokenizer/tokenizer.h"

namespace sotto {

// No file is longer that is looked at.
inline constexpr size_t kMaxTokenizerConfigBytes = size_t{1} << 24;

// One line each, beginning with `source`: where add_bos_token or add_eos_token differs from what
// `tokenizer` puts around a text, and whose part transformers takes; that the file is not JSON.
std::vector<std::string> TokenizerConfigWarnings(std::string_view json, const std::string& source,
                                                 const Tokenizer& tokenizer);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKENIZER_CONFIG_H_
