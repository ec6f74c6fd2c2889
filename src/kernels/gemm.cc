#include "kernels/gemm.h"

#include <algorithm>

#include "base/cpu.h"
#include "kernels/gemm_form.h"
#include "kernels/gemm_kernel.h"

namespace sotto {

size_t GemmOperandBytes(GemmOperands operands) {
  switch (operands) {
    case GemmOperands::kF32:
    case GemmOperands::kF32ByBf16:
      return 4;
    case GemmOperands::kBf16:
      return 2;
    case GemmOperands::kU8S8:
    case GemmOperands::kU8S16:
      return 1;
  }
  return 0;
}

size_t GemmWeightBytes(GemmOperands operands) {
  return operands == GemmOperands::kU8S16 ? sizeof(int16_t) : GemmOperandBytes(operands);
}

bool GemmIsNative(GemmOperands operands) {
  switch (operands) {
    case GemmOperands::kF32:
    case GemmOperands::kF32ByBf16:
      return Cpu().avx2;
    case GemmOperands::kBf16:
      return (Cpu().avx512_bf16 || Cpu().amx_bf16) && OneDnnUses(dnnl::cpu_isa::avx512_core_bf16);
    case GemmOperands::kU8S8:
    case GemmOperands::kU8S16:
      return (Cpu().avx512_vnni || Cpu().amx_int8) && OneDnnUses(dnnl::cpu_isa::avx512_core_vnni);
  }
  return false;
}

namespace {

constexpr size_t kFullTileBytes = kGemmRowBlock * kGemmColumnBlock * sizeof(uint32_t);

// The kernels of a weight's blocks: all but the last, and the last.
struct Kernels {
  Kernels(GemmOperands operands, size_t n_in, size_t n_out)
      : form(GemmFormOf(operands)),
        n_in(n_in),
        full_blocks((n_out - 1) / kGemmColumnBlock),
        full(GemmKernel::Get(form.multiplied, n_in, std::min(n_out, kGemmColumnBlock))),
        last(GemmKernel::Get(form.multiplied, n_in, n_out - full_blocks * kGemmColumnBlock)) {}

  const GemmForm form;
  const size_t n_in, full_blocks;
  const std::shared_ptr<const GemmKernel> full, last;

  size_t packed_bytes() const {
    const size_t packed = full_blocks * full->packed_bytes() + last->packed_bytes();
    return KeptGemmBytes(form, packed);
  }
  size_t scratch_bytes() const {
    return std::max(full->scratch_bytes(), last->scratch_bytes()) + plane_tile_bytes() +
           weight_bytes() + row_bytes() + tile_bytes();
  }
  // Of W's upper plane, where it has one.
  size_t plane_tile_bytes() const { return form.two_planes ? kFullTileBytes : 0; }
  // Of what a product converts first, parts of the scratch memory in this order: a block of W, rows
  // of A, and the tile of the other half of A.
  size_t weight_bytes() const {
    return form.narrow_weights ? std::max(full->packed_bytes(), last->packed_bytes()) : 0;
  }
  size_t row_bytes() const {
    return form.widen_rows || form.split_rows ? kGemmRowBlock * GemmRowBytes(form.multiplied, n_in)
                                              : 0;
  }
  size_t tile_bytes() const { return form.split_rows ? kFullTileBytes : 0; }
};

}  // namespace

GemmWeights::GemmWeights(GemmOperands operands, size_t n_in, size_t n_out)
    : GemmWeights(operands, n_in, n_out,
                  MakeAlignedArray<uint8_t>(PackedBytes(operands, n_in, n_out))) {}

GemmWeights::GemmWeights(GemmOperands operands, size_t n_in, size_t n_out,
                         AlignedArray<uint8_t> memory)
    : operands_(operands),
      form_(GemmFormOf(operands)),
      n_in_(n_in),
      n_out_(n_out),
      packed_(std::move(memory)) {
  SOTTO_CHECK(n_in > 0 && n_out > 0);
  const Kernels kernels(operands, n_in, n_out);
  full_ = kernels.full;
  last_ = kernels.last;
  scratch_bytes_ = kernels.scratch_bytes();
  converted_weight_bytes_ = kernels.weight_bytes();
  converted_row_bytes_ = kernels.row_bytes();
  converted_tile_bytes_ = kernels.tile_bytes();
  plane_tile_bytes_ = kernels.plane_tile_bytes();
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

size_t GemmWeights::KeptBytes(size_t packed_bytes) const {
  return KeptGemmBytes(form_, packed_bytes);
}

const GemmKernel& GemmWeights::kernel(size_t block) const {
  return block + 1 == blocks() ? *last_ : *full_;
}

std::span<const uint8_t> GemmWeights::PackedBlock(size_t block) const {
  SOTTO_CHECK(block < blocks());
  return {packed_.get() + block * KeptBytes(full_->packed_bytes()),
          KeptBytes(kernel(block).packed_bytes())};
}

void GemmWeights::PackBlock(size_t block, const void* rows) {
  SOTTO_CHECK(block < blocks());
  uint8_t* const kept = packed_.get() + block * KeptBytes(full_->packed_bytes());
  if (form_.two_planes) return PackPlanes(block, static_cast<const int16_t*>(rows), kept);
  if (!form_.narrow_weights) return kernel(block).Pack(rows, kept);
  AlignedArray<uint8_t> wide_rows;
  if (form_.widen_rows) {  // Here rows of W, without gaps.
    const size_t count = block_columns(block) * n_in_;
    wide_rows = MakeAlignedArray<uint8_t>(count * sizeof(uint32_t));
    WidenWeights(static_cast<const BFloat16*>(rows),
                 {reinterpret_cast<float*>(wide_rows.get()), count});
    rows = wide_rows.get();
  }
  const size_t elements = kernel(block).packed_bytes() / sizeof(uint32_t);
  const AlignedArray<uint32_t> wide = MakeAlignedArray<uint32_t>(elements);
  kernel(block).Pack(rows, wide.get());
  NarrowWeights({wide.get(), elements}, reinterpret_cast<uint16_t*>(kept));
}

void GemmWeights::PackPlanes(size_t block, const int16_t* rows, uint8_t* kept) const {
  const size_t count = block_columns(block) * n_in_;
  const auto plane = MakeAlignedArray<int8_t>(count);
  LowPlane({rows, count}, plane.get());
  kernel(block).Pack(plane.get(), kept);
  HighPlane({rows, count}, plane.get());
  kernel(block).Pack(plane.get(), kept + kernel(block).packed_bytes());
}

void GemmWeights::Multiply(size_t block, const void* a, size_t rows, void* tile,
                           void* scratch) const {
  SOTTO_CHECK(block < blocks() && rows <= kGemmRowBlock);
  const uint8_t* const packed = PackedBlock(block).data();
  auto* const plane_tile = static_cast<uint8_t*>(scratch);
  uint8_t* const rest = plane_tile + plane_tile_bytes_;
  MultiplyPlane(block, packed, a, rows, tile, rest);
  if (!form_.two_planes) return;
  MultiplyPlane(block, packed + kernel(block).packed_bytes(), a, rows, plane_tile, rest);
  AddShiftedTile(reinterpret_cast<const uint32_t*>(plane_tile), kPlaneBits, rows,
                 block_columns(block), static_cast<uint32_t*>(tile));
}

void GemmWeights::MultiplyPlane(size_t block, const uint8_t* packed, const void* a, size_t rows,
                                void* tile, uint8_t* scratch) const {
  uint8_t* const weights = scratch;
  uint8_t* const a_rows = weights + converted_weight_bytes_;
  uint8_t* const other_tile = a_rows + converted_row_bytes_;
  void* const rest = other_tile + converted_tile_bytes_;
  if (form_.narrow_weights) {
    WidenWeights(reinterpret_cast<const BFloat16*>(packed),
                 {reinterpret_cast<float*>(weights), kernel(block).packed_bytes() / sizeof(float)});
    packed = weights;
  }
  if (form_.widen_rows) {
    WidenRows(a, rows, n_in_, a_rows);
    a = a_rows;
  }
  if (!form_.split_rows) return kernel(block).Multiply(a, rows, packed, tile, rest);
  HighBits(a, rows, n_in_, a_rows);
  kernel(block).Multiply(a_rows, rows, packed, other_tile, rest);
  LowBits(a, rows, n_in_, a_rows);
  kernel(block).Multiply(a_rows, rows, packed, tile, rest);
  AddShiftedTile(reinterpret_cast<const uint32_t*>(other_tile), kLowBits, rows,
                 block_columns(block), static_cast<uint32_t*>(tile));
}

}  // namespace sotto
