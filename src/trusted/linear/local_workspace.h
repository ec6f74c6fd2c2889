// How one Apply() divides its workspace: the operand, its row scales, and each worker's own part.
#ifndef SOTTO_TRUSTED_LINEAR_LOCAL_WORKSPACE_H_
#define SOTTO_TRUSTED_LINEAR_LOCAL_WORKSPACE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "trusted/linear/operand.h"
#include "trusted/linear/packed_layer.h"

namespace sotto {

struct LocalWorkspace {
  // What one worker writes alone.
  struct Worker {
    uint8_t* tile;          // [kGemmRowBlock, kGemmColumnBlock], 4 bytes an element
    uint8_t* low_tile;      // The same, for kFixed's second plane.
    uint8_t* gemm_scratch;  // GemmWeights::scratch_bytes()
    uint8_t* row_scratch;   // OperandScratchBytes()
  };

  Operand operand;
  uint8_t* workers = nullptr;
  size_t worker_bytes = 0;
  size_t gemm_scratch_bytes = 0;

  Worker WorkerPart(int worker) const;
};

size_t LocalWorkspaceBytes(Precision precision, GemmOperands form, LinearShape shape, size_t tokens,
                           int threads);

// REQUIRES: `memory` is 64-byte aligned and has LocalWorkspaceBytes() (checked).
LocalWorkspace DivideWorkspace(const PackedLayer& layer, size_t tokens, int threads,
                               std::span<uint8_t> memory);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_LOCAL_WORKSPACE_H_
