// Text rewriting before tokenisation: the normalisers Llama 2 uses.
#ifndef SOTTO_ENCLAVE_TOKENIZER_NORMALIZER_H_
#define SOTTO_ENCLAVE_TOKENIZER_NORMALIZER_H_

#include <string>
#include <string_view>
#include <vector>

namespace sotto {

struct NormalizerStep {
  enum class Kind {
    kPrepend,  // `content` before any text that is not empty
    kReplace,  // each `pattern`, left to right, by `content`
  };
  Kind kind = Kind::kPrepend;
  std::string pattern;  // not empty for kReplace
  std::string content;
};

std::string Normalize(const std::vector<NormalizerStep>& steps, std::string_view text);

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_TOKENIZER_NORMALIZER_H_
