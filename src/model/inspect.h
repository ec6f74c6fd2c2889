// What a model is and what it needs, for people.
#ifndef SOTTO_MODEL_INSPECT_H_
#define SOTTO_MODEL_INSPECT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "model/checkpoint.h"

namespace sotto {

// Memory for the weights as a precision holds them: the linear layers in the precision's own type
// (int8 and fixed: one byte a weight, and a scale of four bytes an output channel), the embedding
// table as stored, norms and biases in f32. Activations come on top, and depend on the batch.
struct PrecisionMemory {
  std::string precision;  // As --precision spells it.
  uint64_t bytes = 0;
};

struct ModelSummary {
  ModelSpec config;
  uint64_t parameters = 0;
  uint64_t stored_bytes = 0;        // Of the tensors, as stored.
  std::vector<std::string> dtypes;  // Those that occur, e.g. {"BF16"}.
  std::vector<PrecisionMemory> memory;
};

ModelSummary SummarizeModel(const Checkpoint& checkpoint);

// Lines "name   value" for a terminal.
std::string FormatSummary(const ModelSummary& summary);
// The same of the digests, each with the flag of `sotto prefill` that takes it. `sealed_root`
// empty: a directory's.
std::string FormatDigests(const ModelDigests& digests, const std::string& sealed_root);

}  // namespace sotto

#endif  // SOTTO_MODEL_INSPECT_H_
