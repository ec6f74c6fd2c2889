// Table lookup whose memory accesses do not depend on what is looked up: every row is read, in
// order, for every id. Who watches pages, cache lines or time learns the sizes alone.
//
// The table is kept turned over, so that one instruction (VPERMW) chooses for 32 ids among 32 rows:
// by a register's content, never by an address.
#ifndef SOTTO_KERNELS_OBLIVIOUS_SELECT_H_
#define SOTTO_KERNELS_OBLIVIOUS_SELECT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/matrix.h"

namespace sotto {

// Rows of a block.
inline constexpr size_t kSelectRows = 32;
// Words (of 2 bytes) of a row that are looked up together: a panel.
inline constexpr size_t kSelectPanelWords = 4;
// Longer tables are not supported: block numbers are compared as 16 bits.
inline constexpr size_t kMaxSelectRows = kSelectRows << 16;

// A table of `rows` rows of `words` 2-byte words is a matrix [panels * blocks, kSelectPanelWords *
// kSelectRows], blocks = ceil(rows / kSelectRows) and panels = ceil(words / kSelectPanelWords):
//   packed(p * blocks + b, w * kSelectRows + r) = word (p * kSelectPanelWords + w)
//                                                 of row (b * kSelectRows + r),
// and zero where the table has no such word or row.

// Writes block `block` of `blocks` from its rows: at most kSelectRows, fewer in the last block.
// Several threads may pack different blocks of one table.
void PackSelectBlock(ConstMatrixView<uint16_t> rows, size_t block, size_t blocks,
                     MatrixView<uint16_t> packed);

// out(w, t) = word w of `panel` (rows [p * blocks, (p + 1) * blocks) of a packed table) in table
// row ids[t]. out: [kSelectPanelWords, ids.size()]; panel rows begin on 64-byte boundaries, out's
// anywhere. REQUIRES: 0 <= ids[t] < rows <= kMaxSelectRows. Constant-time: no branch and no address
// depends on an id.
void ObliviousSelect(std::span<const int32_t> ids, ConstMatrixView<uint16_t> panel,
                     MatrixView<uint16_t> out);

}  // namespace sotto

#endif  // SOTTO_KERNELS_OBLIVIOUS_SELECT_H_
