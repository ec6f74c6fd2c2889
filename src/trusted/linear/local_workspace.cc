#include "trusted/linear/local_workspace.h"

namespace sotto {
namespace {

constexpr size_t kTileBytes = kGemmRowBlock * kGemmColumnBlock * sizeof(float);

size_t RoundUp64(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t RowBlocks(size_t tokens) { return (tokens + kGemmRowBlock - 1) / kGemmRowBlock; }

size_t WorkerBytes(size_t n_in, size_t gemm_scratch_bytes) {
  return 2 * kTileBytes + RoundUp64(gemm_scratch_bytes) + RoundUp64(OperandScratchBytes(n_in));
}

}  // namespace

LocalWorkspace::Worker LocalWorkspace::WorkerPart(int worker) const {
  uint8_t* part = workers + worker * worker_bytes;
  uint8_t* scratch = part + 2 * kTileBytes;
  return {part, part + kTileBytes, scratch, scratch + gemm_scratch_bytes};
}

size_t LocalWorkspaceBytes(Precision precision, GemmOperands form, LinearShape shape, size_t tokens,
                           int threads) {
  const size_t gemm_scratch_bytes = GemmWeights::ScratchBytes(form, shape.n_in, shape.n_out);
  return RowBlocks(tokens) * OperandBlockBytes(precision, shape.n_in) +
         RoundUp64(tokens * sizeof(float)) + threads * WorkerBytes(shape.n_in, gemm_scratch_bytes);
}

LocalWorkspace DivideWorkspace(const PackedLayer& layer, size_t tokens, int threads,
                               std::span<uint8_t> memory) {
  SOTTO_CHECK(reinterpret_cast<uintptr_t>(memory.data()) % 64 == 0);
  const size_t n_in = layer.weights.n_in();
  LocalWorkspace out;
  out.operand.data = memory.data();
  out.operand.block_bytes = OperandBlockBytes(layer.precision, n_in);
  out.operand.plane_bytes = kGemmRowBlock * GemmRowBytes(layer.weights.operands(), n_in);
  uint8_t* scales = memory.data() + RowBlocks(tokens) * out.operand.block_bytes;
  out.operand.row_scales = reinterpret_cast<float*>(scales);
  out.workers = scales + RoundUp64(tokens * sizeof(float));
  out.worker_bytes = WorkerBytes(n_in, layer.weights.scratch_bytes());
  out.gemm_scratch_bytes = RoundUp64(layer.weights.scratch_bytes());
  SOTTO_CHECK(out.WorkerPart(threads).tile <= memory.data() + memory.size());
  return out;
}

}  // namespace sotto
