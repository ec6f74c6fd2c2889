#include "tests/split/whole_pass.h"

#include <algorithm>
#include <cstring>

#include "tests/split/honest_server.h"
#include "trusted/linear/local.h"

namespace sotto {

absl::StatusOr<std::vector<float>> WholePass::Run(const Checkpoint& checkpoint,
                                                  std::unique_ptr<Linear> linear) const {
  const size_t vocab = checkpoint.config().vocab_size;
  std::vector<std::vector<int32_t>> ids(prompts);
  for (size_t p = 0; p < prompts; ++p) {
    for (size_t i = 0; i < (lengths.empty() ? length : lengths[p]); ++i) {
      ids[p].push_back(static_cast<int32_t>((1 + text + (37 + text) * i + 101 * p * i) % vocab));
    }
  }
  EngineOptions options;
  options.threads = threads;
  options.lanes = lanes;
  options.batch_size = std::max(batch_size, prompts);
  options.prefill_length = length;
  SOTTO_ASSIGN_OR_RETURN(const auto engine, Engine::Create(checkpoint, std::move(linear), options));
  std::vector<float> logits(prompts * length * vocab);
  SOTTO_RETURN_IF_ERROR(
      engine->Run(ids, run, [&](size_t prompt, size_t first, ConstMatrixView<float> rows) {
        if (prompt >= prompts) return;
        for (size_t r = 0; r < rows.rows() && first + r < ids[prompt].size(); ++r) {
          std::copy_n(rows.row(r), vocab, &logits[(prompt * length + first + r) * vocab]);
        }
      }));
  return logits;
}

std::vector<float> WholePass::RunLocally(const Checkpoint& checkpoint) const {
  ThreadPool pool(threads);
  return ValueOrDie(Run(
      checkpoint, ValueOrDie(MakeLocalLinear(checkpoint, {.precision = Precision::kFixed}, pool))));
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace sotto
