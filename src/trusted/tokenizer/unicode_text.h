// Unicode's rewritings of text, as the reference does them.
#ifndef SOTTO_TRUSTED_TOKENIZER_UNICODE_TEXT_H_
#define SOTTO_TRUSTED_TOKENIZER_UNICODE_TEXT_H_

#include <string>
#include <string_view>

namespace sotto {

enum class NormalForm { kNfc, kNfd, kNfkc, kNfkd };

// UAX 15 as of Unicode 9, whose tables the reference has: a character that came later stays as it
// is. O(n log n). REQUIRES: valid UTF-8, below too.
std::string NormalizedForm(std::string_view text, NormalForm form);

// Each character by itself (a final sigma is one like others), as Rust's char::to_lowercase(),
// which knows Unicode 17.
std::string LowercaseText(std::string_view text);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_UNICODE_TEXT_H_
