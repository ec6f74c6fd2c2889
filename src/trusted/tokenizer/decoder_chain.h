// tokenizer.json's `decoder` in general: steps over the strings of all tokens of a text. The forms
// that most models have need less (token_decoder.h).
#ifndef SOTTO_TRUSTED_TOKENIZER_DECODER_CHAIN_H_
#define SOTTO_TRUSTED_TOKENIZER_DECODER_CHAIN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "trusted/tokenizer/normalizer.h"

namespace sotto {

struct DecoderStep {
  enum class Kind {
    kReplace,       // `replace`, in each token
    kByteFallback,  // runs of <0xHH> become text, or a U+FFFD a byte
    kFuse,          // all tokens become one
    kStrip,         // `character` at the ends of each token
    kByteLevel,     // all tokens' bytes become one text
    kMetaspace,     // `character` becomes a space in each token, nothing in a text's first
    kJoin,          // a space before each token but a text's first
  };
  Kind kind = Kind::kFuse;
  NormalizerStep replace = {};
  std::string character = {};
  size_t start = 0, stop = 0;  // of kStrip: how often at most
  bool drop_first = false;     // of kMetaspace: whether the first token's become nothing
};

// Whether the step does the same to each token, whatever stands beside it.
bool IsTokenwise(const DecoderStep& step);

// The text of `tokens`. `first`: whether the first of them begins a text. A step that would make
// more than NormalizedLimit() of all tokens is left out, since printing must not fail.
std::string RunDecoderChain(const std::vector<DecoderStep>& chain, std::vector<std::string> tokens,
                            bool first);

// The byte that a token "<0xHH>" stands for, or -1.
int FallbackByteOf(std::string_view token);

// The text of the bytes of a run of such tokens.
std::string FallbackText(std::string_view bytes);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_DECODER_CHAIN_H_
