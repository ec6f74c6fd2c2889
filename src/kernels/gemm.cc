#include "kernels/gemm.h"

#include <algorithm>

#include "base/cpu.h"
#include "base/strings.h"
#include "kernels/gemm_kernel.h"

namespace sotto {

size_t GemmOperandBytes(GemmOperands operands) {
  switch (operands) {
    case GemmOperands::kF32:
      return 4;
    case GemmOperands::kBf16:
      return 2;
    case GemmOperands::kU8S8:
      return 1;
  }
  return 0;
}

bool GemmIsNative(GemmOperands operands) {
  switch (operands) {
    case GemmOperands::kF32:
      return Cpu().avx2;
    case GemmOperands::kBf16:
      return (Cpu().avx512_bf16 || Cpu().amx_bf16) && OneDnnUses(dnnl::cpu_isa::avx512_core_bf16);
    case GemmOperands::kU8S8:
      return (Cpu().avx512_vnni || Cpu().amx_int8) && OneDnnUses(dnnl::cpu_isa::avx512_core_vnni);
  }
  return false;
}

absl::Status CheckExactByteProducts(std::string_view what) {
  if (GemmIsNative(GemmOperands::kU8S8)) return absl::OkStatus();
  return absl::UnimplementedError(
      StrCat(what, " needs a processor with AVX512-VNNI or AMX; this one is ", CpuFeatureString()));
}

namespace {

// The kernels of a weight's blocks: all but the last, and the last.
struct Kernels {
  Kernels(GemmOperands operands, size_t n_in, size_t n_out)
      : full_blocks((n_out - 1) / kGemmColumnBlock),
        full(GemmKernel::Get(operands, n_in, std::min(n_out, kGemmColumnBlock))),
        last(GemmKernel::Get(operands, n_in, n_out - full_blocks * kGemmColumnBlock)) {}

  size_t full_blocks;
  std::shared_ptr<const GemmKernel> full, last;

  size_t packed_bytes() const { return full_blocks * full->packed_bytes() + last->packed_bytes(); }
  size_t scratch_bytes() const { return std::max(full->scratch_bytes(), last->scratch_bytes()); }
};

}  // namespace

GemmWeights::GemmWeights(GemmOperands operands, size_t n_in, size_t n_out)
    : GemmWeights(operands, n_in, n_out,
                  MakeAlignedArray<uint8_t>(PackedBytes(operands, n_in, n_out))) {}

GemmWeights::GemmWeights(GemmOperands operands, size_t n_in, size_t n_out,
                         AlignedArray<uint8_t> memory)
    : operands_(operands), n_in_(n_in), n_out_(n_out), packed_(std::move(memory)) {
  SOTTO_CHECK(n_in > 0 && n_out > 0);
  const Kernels kernels(operands, n_in, n_out);
  full_ = kernels.full;
  last_ = kernels.last;
  scratch_bytes_ = kernels.scratch_bytes();
  packed_bytes_ = kernels.packed_bytes();
  row_unit_ = std::max(full_->row_unit(), last_->row_unit());
}

size_t GemmWeights::PackedBytes(GemmOperands operands, size_t n_in, size_t n_out) {
  return Kernels(operands, n_in, n_out).packed_bytes();
}

size_t GemmWeights::ScratchBytes(GemmOperands operands, size_t n_in, size_t n_out) {
  return Kernels(operands, n_in, n_out).scratch_bytes();
}

size_t GemmWeights::block_columns(size_t block) const {
  return std::min(kGemmColumnBlock, n_out_ - block * kGemmColumnBlock);
}

const GemmKernel& GemmWeights::kernel(size_t block) const {
  return block + 1 == blocks() ? *last_ : *full_;
}

std::span<const uint8_t> GemmWeights::PackedBlock(size_t block) const {
  SOTTO_CHECK(block < blocks());
  return {packed_.get() + block * full_->packed_bytes(), kernel(block).packed_bytes()};
}

void GemmWeights::PackBlock(size_t block, const void* rows) {
  SOTTO_CHECK(block < blocks());
  kernel(block).Pack(rows, packed_.get() + block * full_->packed_bytes());
}

void GemmWeights::Multiply(size_t block, const void* a, size_t rows, void* tile,
                           void* scratch) const {
  SOTTO_CHECK(block < blocks() && rows <= kGemmRowBlock);
  kernel(block).Multiply(a, rows, packed_.get() + block * full_->packed_bytes(), tile, scratch);
}

}  // namespace sotto
