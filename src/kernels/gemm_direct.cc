#include "kernels/gemm_direct.h"

#include <algorithm>
#include <cstring>

#include "base/cpu.h"

namespace sotto {
namespace {

// 2 KiB of each row: a dozen rows of A and the strip's current lines fit the first-level cache, a
// panel of a whole column block half of the second.
constexpr size_t kPanelWords = 512;

const MicroKernelTable& TableFor(GemmOperands operands) {
  switch (operands) {
    case GemmOperands::kF32:
      return F32MicroKernels();
    case GemmOperands::kBf16:
      return Bf16MicroKernels();
    case GemmOperands::kU8S8:
      return U8S8MicroKernels();
  }
  return F32MicroKernels();
}

}  // namespace

bool DirectGemmKernel::Supports(GemmOperands operands, size_t k) {
  if (k * GemmOperandBytes(operands) % sizeof(uint32_t) != 0) return false;
  switch (operands) {
    case GemmOperands::kF32:
      return Cpu().avx512;
    case GemmOperands::kBf16:
      return Cpu().avx512 && Cpu().avx512_bf16 && !Cpu().amx_bf16;
    case GemmOperands::kU8S8:
      return Cpu().avx512 && Cpu().avx512_vnni && !Cpu().amx_int8;
  }
  return false;
}

DirectGemmKernel::DirectGemmKernel(GemmOperands operands, size_t k, size_t columns)
    : micro_kernels_(TableFor(operands)),
      words_(k * GemmOperandBytes(operands) / sizeof(uint32_t)),
      row_stride_words_(GemmRowBytes(operands, k) / sizeof(uint32_t)),
      columns_(columns) {}

size_t DirectGemmKernel::strips() const { return (columns_ + kStripColumns - 1) / kStripColumns; }

size_t DirectGemmKernel::packed_bytes() const {
  return strips() * kStripColumns * words_ * sizeof(uint32_t);
}

void DirectGemmKernel::Pack(const void* rows, void* packed) const {
  const uint8_t* source = static_cast<const uint8_t*>(rows);
  uint32_t* target = static_cast<uint32_t*>(packed);
  for (size_t panel = 0; panel < words_; panel += kPanelWords) {
    const size_t panel_end = std::min(words_, panel + kPanelWords);
    for (size_t strip = 0; strip < columns_; strip += kStripColumns) {
      for (size_t word = panel; word < panel_end; ++word) {
        for (size_t j = strip; j < strip + kStripColumns; ++j, ++target) {
          // Columns that fill the last strip are zero.
          *target = 0;
          if (j < columns_) std::memcpy(target, source + (j * words_ + word) * 4, 4);
        }
      }
    }
  }
}

void DirectGemmKernel::Multiply(const void* a, size_t rows, const void* packed, void* tile,
                                void*) const {
  const uint32_t* strip_words = static_cast<const uint32_t*>(packed);
  for (size_t panel = 0; panel < words_; panel += kPanelWords) {
    const size_t panel_words = std::min(kPanelWords, words_ - panel);
    for (size_t row = 0; row < rows; row += kMicroRows) {
      MicroArgs args;
      args.a = static_cast<const uint32_t*>(a) + row * row_stride_words_ + panel;
      args.a_stride = row_stride_words_;
      args.words = panel_words;
      args.accumulate = panel > 0;
      for (size_t strip = 0; strip < strips(); ++strip) {
        args.strip = strip_words + strip * panel_words * kStripColumns;
        args.c = static_cast<uint32_t*>(tile) + row * kGemmColumnBlock + strip * kStripColumns;
        micro_kernels_[std::min(kMicroRows, rows - row) - 1](args);
      }
    }
    strip_words += strips() * panel_words * kStripColumns;
  }
}

}  // namespace sotto
