// Two implementations of one expression: machine code and interpreter cut any text at the same
// places, and lose none of it. Where the input has a zero byte, what stands before it is one more
// expression, which is refused or does the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "trusted/tokenizer/split_pattern.h"

namespace sotto {
namespace {

constexpr char kLlama3Pattern[] =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";

// Empty where matching takes too many steps.
std::string Concatenated(const SplitPattern& pattern, std::string_view text) {
  std::string joined;
  MatchBudget budget(text.size());
  const auto sink = [&](PatternMatch match) {
    joined.append(match.text);
    return absl::OkStatus();
  };
  return pattern.EachMatch(text, budget, sink).ok() ? joined : "";
}

void CheckOther(std::string_view spelling, std::string_view text) {
  const auto pattern = SplitPattern::Compile(spelling, SplitPattern::Engine::kInterpreter);
  if (!pattern.ok()) return;
  const std::string joined = Concatenated(*pattern, text);
  SOTTO_CHECK(joined.empty() || joined == text);
}

SplitPattern Compile(SplitPattern::Engine engine) {
  auto pattern = SplitPattern::Compile(kLlama3Pattern, engine);
  SOTTO_CHECK(pattern.ok());
  return *std::move(pattern);
}

std::vector<std::string_view> Pieces(const SplitPattern& pattern, std::string_view text) {
  std::vector<std::string_view> pieces;
  MatchBudget budget(text.size());
  const auto sink = [&](PatternMatch match) {
    pieces.push_back(match.text);
    return absl::OkStatus();
  };
  SOTTO_CHECK(pattern.EachMatch(text, budget, sink).ok());
  return pieces;
}

}  // namespace
}  // namespace sotto

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sotto::SplitPattern;
  static const SplitPattern jit = sotto::Compile(SplitPattern::Engine::kJit);
  static const SplitPattern interpreter = sotto::Compile(SplitPattern::Engine::kInterpreter);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view text = bytes.substr(0, sotto::ValidUtf8Prefix(bytes));
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
    sotto::CheckOther(text.substr(0, zero), text.substr(zero + 1));
  }
  const auto pieces = sotto::Pieces(jit, text);
  SOTTO_CHECK(pieces == sotto::Pieces(interpreter, text));
  std::string joined;
  for (const std::string_view piece : pieces) joined += piece;
  SOTTO_CHECK(joined == text);
  return 0;
}
