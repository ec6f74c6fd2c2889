// Tokenizers in other formats, which stand where a tokenizer.json should.
#ifndef SOTTO_TRUSTED_TOKENIZER_OTHER_TOKENIZERS_H_
#define SOTTO_TRUSTED_TOKENIZER_OTHER_TOKENIZERS_H_

#include <string>

namespace sotto {

// Of a directory without a tokenizer.json: "; it has a tokenizer.model, which ..", how to convert
// it; empty where none is there.
std::string OtherTokenizerIn(const std::string& directory);
// Of a file that is no tokenizer.json, by its name: ", but a SentencePiece model, which ..";
// empty for any other.
std::string OtherTokenizerAt(const std::string& path);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_OTHER_TOKENIZERS_H_
