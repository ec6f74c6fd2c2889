// Random checkpoints of a real shape: how speed is measured where the real weights may not be had.
#ifndef SOTTO_MODEL_RANDOM_MODEL_H_
#define SOTTO_MODEL_RANDOM_MODEL_H_

#include <cstdint>
#include <string>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/config.h"
#include "model/dtype.h"

namespace sotto {

struct RandomModelOptions {
  ModelSpec config;
  DType dtype = DType::kBF16;
  uint64_t seed = 0;
  // A model of more bytes is sharded, with an index.
  uint64_t shard_bytes = uint64_t{5'000'000'000};
};

// Writes config.json and the weights to the directory `out`, which appears whole or not at all.
// The values depend on the options alone, never on the number of threads: projections uniform with
// standard deviation 1 / sqrt(n_in), so that a layer keeps the scale of its input; embeddings and
// biases 0.02; norms 1. FAILED_PRECONDITION when `out` exists and is not an empty directory;
// otherwise errors as base/file.h.
absl::Status WriteRandomModel(const RandomModelOptions& options, const std::string& out,
                              ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_MODEL_RANDOM_MODEL_H_
