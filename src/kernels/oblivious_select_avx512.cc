#include "kernels/oblivious_select_avx512.h"

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace sotto {
namespace {

constexpr size_t kLane = 16;      // words in a register
constexpr size_t kRowBlock = 32;  // rows between loading and storing accumulators; their strip
                                  // of 16 KiB stays in the first-level cache
constexpr size_t kIdBlock = 256;  // ids whose masks are made together
constexpr size_t kTile = 3;       // ids in registers: kTile * 8 accumulators
constexpr int kOrAnd = 0xf8;      // a | (b & c)

// masks[r * kIdBlock + t]: all ones when ids[t] == first_row + r. Padded with ids that match none.
void MakeMasks(const int32_t* ids, size_t count, size_t first_row, size_t rows, uint32_t* masks) {
  alignas(64) int32_t padded[kIdBlock];
  std::memset(padded, 0xff, sizeof(padded));
  std::memcpy(padded, ids, count * sizeof(int32_t));
  for (size_t r = 0; r < rows; ++r) {
    const __m512i row = _mm512_set1_epi32(static_cast<int>(first_row + r));
    for (size_t t = 0; t < count; t += kLane) {
      const __mmask16 equal = _mm512_cmpeq_epi32_mask(_mm512_load_si512(padded + t), row);
      _mm512_store_si512(masks + r * kIdBlock + t, _mm512_maskz_set1_epi32(equal, -1));
    }
  }
}

// kIds rows of out |= the rows of the table that their masks choose.
template <size_t kIds, size_t kVectors>
void SelectTile(const uint32_t* table, size_t stride, size_t rows, const uint32_t* masks,
                uint32_t* out, size_t out_stride) {
  __m512i sum[kIds][kVectors];
  for (size_t t = 0; t < kIds; ++t) {
    for (size_t v = 0; v < kVectors; ++v) {
      sum[t][v] = _mm512_load_si512(out + t * out_stride + v * kLane);
    }
  }
  for (size_t r = 0; r < rows; ++r) {
    __m512i mask[kIds];
    for (size_t t = 0; t < kIds; ++t) {
      mask[t] = _mm512_set1_epi32(static_cast<int>(masks[r * kIdBlock + t]));
    }
    for (size_t v = 0; v < kVectors; ++v) {
      const __m512i row = _mm512_load_si512(table + r * stride + v * kLane);
      for (size_t t = 0; t < kIds; ++t) {
        sum[t][v] = _mm512_ternarylogic_epi32(sum[t][v], row, mask[t], kOrAnd);
      }
    }
  }
  for (size_t t = 0; t < kIds; ++t) {
    for (size_t v = 0; v < kVectors; ++v) {
      _mm512_store_si512(out + t * out_stride + v * kLane, sum[t][v]);
    }
  }
}

template <size_t kVectors>
void SelectColumns(std::span<const int32_t> ids, ConstMatrixView<uint32_t> table,
                   MatrixView<uint32_t> out) {
  alignas(64) uint32_t masks[kRowBlock * kIdBlock];
  for (size_t t = 0; t < ids.size(); ++t) std::memset(out.row(t), 0, out.cols() * 4);
  for (size_t row = 0; row < table.rows(); row += kRowBlock) {
    const size_t rows = std::min(kRowBlock, table.rows() - row);
    for (size_t block = 0; block < ids.size(); block += kIdBlock) {
      const size_t count = std::min(kIdBlock, ids.size() - block);
      MakeMasks(ids.data() + block, count, row, rows, masks);
      size_t t = 0;
      for (; t + kTile <= count; t += kTile) {
        SelectTile<kTile, kVectors>(table.row(row), table.stride(), rows, masks + t,
                                    out.row(block + t), out.stride());
      }
      for (; t < count; ++t) {
        SelectTile<1, kVectors>(table.row(row), table.stride(), rows, masks + t, out.row(block + t),
                                out.stride());
      }
    }
  }
}

}  // namespace

void ObliviousSelectAvx512(std::span<const int32_t> ids, ConstMatrixView<uint32_t> table,
                           MatrixView<uint32_t> out) {
  if (out.cols() == 8 * kLane) return SelectColumns<8>(ids, table, out);
  for (size_t c = 0; c < out.cols(); c += kLane) {  // The narrow last strip of a table.
    SelectColumns<1>(ids, table.Cols(c, kLane), out.Cols(c, kLane));
  }
}

}  // namespace sotto
