// What the reference's added tokens take a word's character for.
#ifndef SOTTO_TRUSTED_TOKENIZER_WORD_CHARACTERS_H_
#define SOTTO_TRUSTED_TOKENIZER_WORD_CHARACTERS_H_

namespace sotto {

// Whether Rust's regular expressions count `c` to \w. From tables that are made as they are asked
// for; from any thread.
bool IsRustWord(char32_t c);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_WORD_CHARACTERS_H_
