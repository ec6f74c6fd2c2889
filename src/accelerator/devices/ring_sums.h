// How a cuda device makes words of the sums that ring_digits.h speaks of, with a mask added or not.
#ifndef SOTTO_ACCELERATOR_DEVICES_RING_SUMS_H_
#define SOTTO_ACCELERATOR_DEVICES_RING_SUMS_H_

#include "accelerator/devices/ring_digits.h"

namespace sotto {

struct RingSums {
  const int32_t* sums;  // [kRingShifts, padded_rows, padded_columns]
  uint32_t* y;          // [padded_rows, padded_columns]
  size_t rows, columns, padded_rows, padded_columns;

  SOTTO_HOST_DEVICE size_t words() const { return padded_rows * padded_columns; }
};

// Column c of row t is word first_word + stride * t + c of the stream.
struct SeedMask {
  Aes256Schedule keys;
  uint64_t first_word;
  size_t stride;
};

SOTTO_HOST_DEVICE inline uint32_t JoinSums(const RingSums& in, size_t at) {
  uint32_t word = 0;
  for (int s = kRingShifts - 1; s >= 0; --s) {
    word = (word << 8) + static_cast<uint32_t>(in.sums[s * in.words() + at]);
  }
  return word;
}

// Threads that a row with a mask takes, wherever in a block of the stream it begins.
SOTTO_HOST_DEVICE inline size_t MaskBlocksOfRow(const RingSums& in) {
  return StreamBlocks(kWordsAtOnce - 1, in.columns);
}

// What thread `nth` of rows * MaskBlocksOfRow does: y of the columns whose masks are in one block.
template <typename Table>
SOTTO_HOST_DEVICE void JoinMaskedBlock(const RingSums& in, const SeedMask& mask, const Table& table,
                                       size_t nth) {
  const size_t row = nth / MaskBlocksOfRow(in), block = nth % MaskBlocksOfRow(in);
  const uint64_t first_word = mask.first_word + uint64_t{mask.stride} * row;
  const size_t skipped = static_cast<size_t>(first_word % kWordsAtOnce);
  if (block >= StreamBlocks(first_word, in.columns)) return;
  uint32_t words[kWordsAtOnce];
  AesCtrBlock(mask.keys, table, first_word / kWordsAtOnce + block, words);
  for (size_t k = 0; k < kWordsAtOnce; ++k) {
    const size_t column = kWordsAtOnce * block + k - skipped;
    if (kWordsAtOnce * block + k < skipped || column >= in.columns) continue;
    const size_t at = row * in.padded_columns + column;
    in.y[at] = JoinSums(in, at) + words[k];
  }
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_RING_SUMS_H_
