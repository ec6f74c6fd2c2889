// Tokenizer: load time, encoding rate over natural text, and the text that hurts most: one word of
// a megabyte. Uses the tokenizers of the optional test data, and the shipped one.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/file.h"
#include "testing/test_data.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {
namespace {

enum Which { kShipped, kLlama3, kLlama2 };
constexpr size_t kTextBytes = size_t{1} << 20;

// Empty when there is no test data.
std::string TokenizerPath(int64_t which) {
  if (which == kShipped) return ShippedModelDir() + "/tokenizer.json";
  const auto data = TestDataDir();
  if (!data) return "";
  return *data + (which == kLlama3 ? "/llama3-tokenizer" : "/llama2-tokenizer") + "/tokenizer.json";
}

std::string NaturalText() {
  const std::string text = ReadFile(ShippedModelDir() + "/heldout.txt").value_or("");
  std::string megabyte;
  while (megabyte.size() < kTextBytes && !text.empty()) megabyte += text;
  megabyte.resize(kTextBytes);
  return megabyte;
}

// No spaces, no repetition a cache could use.
std::string OneWord() {
  std::string text(kTextBytes, 'a');
  uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>('a' + (state >> 24) % 26);
  }
  return text;
}

void Encode(benchmark::State& state, const std::string& text) {
  const auto tokenizer = Tokenizer::Load(TokenizerPath(state.range(0)));
  if (!tokenizer.ok()) return state.SkipWithError("no tokenizer: set SOTTO_TEST_DATA");
  for (auto _ : state) {
    const auto ids = tokenizer->Encode(text, {});
    benchmark::DoNotOptimize(ids->data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}

void BM_EncodeNaturalText(benchmark::State& state) { Encode(state, NaturalText()); }
void BM_EncodeOneWord(benchmark::State& state) { Encode(state, OneWord()); }
void BM_EncodeSpaces(benchmark::State& state) { Encode(state, std::string(kTextBytes, ' ')); }
void BM_EncodeOneLetter(benchmark::State& state) { Encode(state, std::string(kTextBytes, 'a')); }

void BM_Load(benchmark::State& state) {
  const std::string path = TokenizerPath(state.range(0));
  for (auto _ : state) {
    const auto tokenizer = Tokenizer::Load(path);
    if (!tokenizer.ok()) return state.SkipWithError("no tokenizer: set SOTTO_TEST_DATA");
  }
}

void EachTokenizer(benchmark::internal::Benchmark* b) {
  b->ArgName("shipped0_llama3_1_llama2_2")->DenseRange(kShipped, kLlama2);
  b->Unit(benchmark::kMillisecond);
}
BENCHMARK(BM_Load)->Apply(EachTokenizer);
BENCHMARK(BM_EncodeNaturalText)->Apply(EachTokenizer);
BENCHMARK(BM_EncodeOneWord)->Apply(EachTokenizer);
BENCHMARK(BM_EncodeSpaces)->Apply(EachTokenizer);
BENCHMARK(BM_EncodeOneLetter)->Apply(EachTokenizer);

}  // namespace
}  // namespace sotto
