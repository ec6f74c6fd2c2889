// Table lookup whose memory accesses do not depend on what is looked up: every row is read, in
// order, for every id, and the wanted one kept by masks. Who watches pages, cache lines or time
// learns the sizes alone.
#ifndef SOTTO_KERNELS_OBLIVIOUS_SELECT_H_
#define SOTTO_KERNELS_OBLIVIOUS_SELECT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/matrix.h"

namespace sotto {

// Columns that go through the registers together, in words of 4 bytes.
inline constexpr size_t kSelectStripWords = 128;

// out(t, :) = table(ids[t], :). Rows are any bits, in words; table [rows, words], out [ids, words].
// words is a multiple of 16, at most kSelectStripWords; rows begin on 64-byte boundaries and do not
// overlap. REQUIRES: 0 <= ids[t] < table.rows(). No branch and no address depends on an id.
void ObliviousSelect(std::span<const int32_t> ids, ConstMatrixView<uint32_t> table,
                     MatrixView<uint32_t> out);
// The same in portable code, as ObliviousSelect() is where there is no AVX-512.
void ObliviousSelectPortable(std::span<const int32_t> ids, ConstMatrixView<uint32_t> table,
                             MatrixView<uint32_t> out);

}  // namespace sotto

#endif  // SOTTO_KERNELS_OBLIVIOUS_SELECT_H_
