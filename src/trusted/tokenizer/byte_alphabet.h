// The byte alphabet of byte-level BPE (GPT-2's bytes_to_unicode): each byte is spelt as one
// printable character in tokenizer.json. Printable Latin-1 stands for itself; the 68 other bytes,
// in order, are U+0100 .. U+0143 ("Ġ" is the space).
#ifndef SOTTO_TRUSTED_TOKENIZER_BYTE_ALPHABET_H_
#define SOTTO_TRUSTED_TOKENIZER_BYTE_ALPHABET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sotto {

// The character that spells `byte`.
char32_t ByteToAlphabet(uint8_t byte);

// Appends it to `out`.
void AppendAlphabet(uint8_t byte, std::string& out);

// The bytes that `token` spells, or nullopt when a character of it is not of the alphabet.
// REQUIRES: `token` is valid UTF-8.
std::optional<std::string> AlphabetToBytes(std::string_view token);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_BYTE_ALPHABET_H_
