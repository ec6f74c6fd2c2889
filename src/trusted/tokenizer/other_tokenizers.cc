#include "trusted/tokenizer/other_tokenizers.h"

#include <filesystem>
#include <system_error>

#include "base/strings.h"

namespace sotto {
namespace {

struct OtherTokenizer {
  const char* file;
  const char* what;
};
constexpr OtherTokenizer kOtherTokenizers[] = {{"tokenizer.model", "a SentencePiece model"},
                                               {"vocab.json", "a vocabulary without rules"}};

constexpr char kConverted[] =
    ", which transformers converts: "
    "AutoTokenizer.from_pretrained(DIRECTORY).save_pretrained(DIRECTORY)";

}  // namespace

std::string OtherTokenizerIn(const std::string& directory) {
  for (const OtherTokenizer& other : kOtherTokenizers) {
    std::error_code ignored;
    if (!std::filesystem::exists(StrCat(directory, "/", other.file), ignored)) continue;
    return StrCat("; it has a ", other.file, kConverted);
  }
  return "";
}

std::string OtherTokenizerAt(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename();
  for (const OtherTokenizer& other : kOtherTokenizers) {
    if (name == other.file) return StrCat(", but ", other.what, kConverted);
  }
  return "";
}

}  // namespace sotto
