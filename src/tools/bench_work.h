// What a forward pass asks of memory and of the multipliers, beside WorkOf (cost_model.h).
#ifndef SOTTO_TOOLS_BENCH_WORK_H_
#define SOTTO_TOOLS_BENCH_WORK_H_

#include <cstddef>

#include "model/config.h"
#include "trusted/engine/engine.h"
#include "trusted/linear/local.h"

namespace sotto {

struct PassShape {
  size_t batch_size = 1;
  size_t length = 1;
  LogitsMode logits = LogitsMode::kAll;
};

// The least that must come from memory once in a pass: the weights of the linear layers as
// `precision` holds them.
double WeightBytes(const ModelSpec& config, Precision precision);

// Multiply-adds on the hardware for each one counted: fixed multiplies two planes of
// bytes by two.
double PlanesOf(Precision precision);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_WORK_H_
