#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "kernels/oblivious_select_kernels.h"

namespace sotto {
namespace {

constexpr size_t kLane = 32;  // 16-bit words in a register: rows of a block, ids of a group
static_assert(kLane == kSelectRows);

// Bits [shift, shift + 16) of 32 ids.
__m512i IdBits(const int32_t* ids, unsigned shift) {
  const __m512i low = _mm512_srli_epi32(_mm512_loadu_si512(ids), shift);
  const __m512i high = _mm512_srli_epi32(_mm512_loadu_si512(ids + kLane / 2), shift);
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi32_epi16(low)),
                            _mm512_cvtepi32_epi16(high), 1);
}

// kGroups groups of ids at once, as many registers of results for each word of the panel, and twice
// as many of id bits. Writes out's columns: of the last group, those that there are.
template <size_t kGroups>
void SelectGroups(const int32_t* ids, ConstMatrixView<uint16_t> panel, MatrixView<uint16_t> out) {
  __m512i row_in_block[kGroups], block_of[kGroups], chosen[kGroups][kSelectPanelWords];
  for (size_t g = 0; g < kGroups; ++g) {
    row_in_block[g] = IdBits(ids + g * kLane, 0);  // VPERMW looks at the five lowest bits alone.
    block_of[g] = IdBits(ids + g * kLane, 5);
    for (size_t w = 0; w < kSelectPanelWords; ++w) chosen[g][w] = _mm512_setzero_si512();
  }
  for (size_t b = 0; b < panel.rows(); ++b) {
    const __m512i block = _mm512_set1_epi16(static_cast<int16_t>(b));
    __mmask32 here[kGroups];
    for (size_t g = 0; g < kGroups; ++g) here[g] = _mm512_cmpeq_epi16_mask(block_of[g], block);
    for (size_t w = 0; w < kSelectPanelWords; ++w) {
      const __m512i words = _mm512_load_si512(panel.row(b) + w * kLane);
      for (size_t g = 0; g < kGroups; ++g) {
        chosen[g][w] = _mm512_mask_permutexvar_epi16(chosen[g][w], here[g], row_in_block[g], words);
      }
    }
  }
  for (size_t g = 0; g < kGroups; ++g) {
    for (size_t w = 0; w < kSelectPanelWords; ++w) {
      const size_t count = std::min(kLane, out.cols() - g * kLane);
      _mm512_mask_storeu_epi16(out.row(w) + g * kLane, ~__mmask32{0} >> (kLane - count),
                               chosen[g][w]);
    }
  }
}

void Select(std::span<const int32_t> ids, ConstMatrixView<uint16_t> panel,
            MatrixView<uint16_t> out) {
  constexpr size_t kGroups = 4;
  size_t t = 0;
  for (; t + kGroups * kLane <= ids.size(); t += kGroups * kLane) {
    SelectGroups<kGroups>(ids.data() + t, panel, out.Cols(t, kGroups * kLane));
  }
  for (; t < ids.size(); t += kLane) {
    const size_t count = std::min(kLane, ids.size() - t);
    int32_t group[kLane] = {};
    std::memcpy(group, ids.data() + t, count * sizeof(int32_t));
    SelectGroups<1>(group, panel, out.Cols(t, count));
  }
}

}  // namespace

constinit const ObliviousSelectKernel kAvx512ObliviousSelect = {Isa::kAvx512, Select};

}  // namespace sotto
