#include "testing/local_prefill.h"

#include <limits>

#include "base/check.h"
#include "kernels/elementwise.h"

namespace sotto {

LocalPrefill::LocalPrefill(const std::string& model_dir, Precision precision,
                           const EngineOptions& options,
                           std::unique_ptr<MatrixProducts> attention) {
  absl::StatusOr<Checkpoint> checkpoint = Checkpoint::Open(model_dir);
  SOTTO_CHECK(checkpoint.ok());
  config_ = checkpoint->config();
  ThreadPool pool(options.threads);
  absl::StatusOr<std::unique_ptr<Linear>> linear = MakeLocalLinear(*checkpoint, {precision}, pool);
  SOTTO_CHECK(linear.ok());
  absl::StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(
      *checkpoint, {.linear = *std::move(linear), .attention = std::move(attention)}, options);
  SOTTO_CHECK(engine.ok());
  engine_ = *std::move(engine);
}

std::vector<PromptLogits> LocalPrefill::Run(const std::vector<Prompt>& prompts,
                                            const RunOptions& options) {
  const size_t vocab = config_.vocab_size;
  std::vector<PromptLogits> out;
  for (const Prompt& prompt : prompts) {
    const float missing = std::numeric_limits<float>::quiet_NaN();
    out.push_back({std::vector<float>(prompt.size() * vocab, missing),
                   std::vector<int>(prompt.size(), 0), vocab});
  }
  const absl::Status status = engine_->Run(
      prompts, options, [&](size_t prompt, size_t first, ConstMatrixView<float> logits) {
        if (prompt >= prompts.size()) return;
        for (size_t i = 0; i < logits.rows() && first + i < prompts[prompt].size(); ++i) {
          std::copy_n(logits.row(i), vocab, &out[prompt].values[(first + i) * vocab]);
          ++out[prompt].deliveries[first + i];
        }
      });
  SOTTO_CHECK(status.ok());
  return out;
}

double NegativeLogLikelihood(const Prompt& ids, const PromptLogits& logits) {
  double nll = 0;
  for (size_t i = 1; i < ids.size(); ++i) {
    const float* row = logits.row(i - 1);
    nll += LogSumExpRow(row, logits.vocab) - row[ids[i]];
  }
  return nll;
}

}  // namespace sotto
