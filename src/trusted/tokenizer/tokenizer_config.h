// tokenizer_config.json beside a tokenizer.json. Ids never depend on it, since neither a pinned
// digest nor a sealed model's root covers it; what it says otherwise draws a warning.
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKENIZER_CONFIG_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKENIZER_CONFIG_H_

#include <string>
#include <string_view>
#include <vector>

#include "trusted/tokenizer/tokenizer.h"

namespace sotto {

inline constexpr char kTokenizerConfigName[] = "tokenizer_config.json";
// No file is longer that is looked at.
inline constexpr size_t kMaxTokenizerConfigBytes = size_t{1} << 24;

// How the warnings about BOS end, where a text can have it otherwise for the asking.
inline constexpr char kBosCanBeAdded[] = ", or BOS can be asked for";
inline constexpr char kBosCanBeOmitted[] = ", or BOS can be left out";

// What is odd about a tokenizer's files, a sentence each, with the name of the file before it.
struct TokenizerFileWarnings {
  std::vector<std::string> general = {};
  // Where tokenizer_config.json asks for something else before or behind a text than tokenizer.json
  // puts there, and who goes by which; empty where they agree.
  std::string bos = {}, eos = {};
};

// Those of a tokenizer_config.json's text, which `source` names.
TokenizerFileWarnings TokenizerConfigWarnings(std::string_view json, const std::string& source,
                                              const Tokenizer& tokenizer);
// Those of a tokenizer.json, and of the tokenizer_config.json at `config_path` if there is one.
TokenizerFileWarnings WarningsOfTokenizer(const Tokenizer& tokenizer,
                                          const std::string& config_path);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKENIZER_CONFIG_H_
