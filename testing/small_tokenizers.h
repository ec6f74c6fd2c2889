// Two small, valid tokenizer.json files, one of each family, for tests to encode with or to damage.
#ifndef SOTTO_TESTING_SMALL_TOKENIZERS_H_
#define SOTTO_TESTING_SMALL_TOKENIZERS_H_

#include <nlohmann/json.hpp>

namespace sotto {

// Byte-level BPE with the Llama 3 expression. Ids: bytes 0 .. 255 in the alphabet's order of code
// points, then "ab", "abc", "Ġa", "Ġab" (256 .. 259; merges in this order), <bos> 260, <eot> 261.
nlohmann::json ByteLevelJson();

// SentencePiece-style BPE. Ids: <unk> 0, <s> 1, </s> 2, <0x00> .. <0xFF> 3 .. 258, "▁" 259,
// "a" 260, "b" 261, "ab" 262, "▁ab" 263, "▁▁" 264.
nlohmann::json SentencePieceJson();

}  // namespace sotto

#endif  // SOTTO_TESTING_SMALL_TOKENIZERS_H_
