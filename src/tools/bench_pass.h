// One measured forward pass of `sotto bench`.
#ifndef SOTTO_TOOLS_BENCH_PASS_H_
#define SOTTO_TOOLS_BENCH_PASS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "tools/bench_work.h"
#include "trusted/engine/engine.h"

namespace sotto {

// Rows of uniform ids: no two begin alike, so no prefix is shared.
std::vector<std::vector<int32_t>> RandomPrompts(const PassShape& pass, size_t vocab_size);

// Wall time of a pass over `prompts`, in seconds; the logits are thrown away.
absl::StatusOr<double> TimePass(Engine& engine, std::span<const std::vector<int32_t>> prompts,
                                const RunOptions& options);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_PASS_H_
