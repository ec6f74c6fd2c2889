#include "model/model_digest.h"

#include "base/strings.h"
#include "model/sha256.h"

namespace sotto {

std::string ModelDigests::model_sha256() const {
  const std::string tokenizer = tokenizer_sha256.empty() ? "none" : tokenizer_sha256;
  return Sha256Hex(StrCat("sotto model digest v1\nconfig.json ", config_sha256, "\ntokenizer.json ",
                          tokenizer, "\nweights ", weights_sha256, "\n"));
}

}  // namespace sotto
