#include "tools/bench_pass.h"

#include <random>

#include "base/stopwatch.h"

namespace sotto {

std::vector<std::vector<int32_t>> RandomPrompts(const PassShape& pass, size_t vocab_size) {
  std::mt19937 rng(1);
  std::uniform_int_distribution<int32_t> id(0, static_cast<int32_t>(vocab_size) - 1);
  std::vector<std::vector<int32_t>> prompts(pass.batch_size, std::vector<int32_t>(pass.length));
  for (size_t row = 0; row < prompts.size(); ++row) {
    for (int32_t& value : prompts[row]) value = id(rng);
    prompts[row][0] = static_cast<int32_t>(row % vocab_size);
  }
  return prompts;
}

absl::StatusOr<double> TimePass(Engine& engine, std::span<const std::vector<int32_t>> prompts,
                                const RunOptions& options) {
  const Stopwatch stopwatch;
  SOTTO_RETURN_IF_ERROR(
      engine.Run(prompts, options, [](size_t, size_t, ConstMatrixView<float>) {}));
  return stopwatch.seconds();
}

}  // namespace sotto
