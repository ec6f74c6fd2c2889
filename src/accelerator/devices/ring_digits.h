// How a cuda device lays out ring products for its int8 tensor cores, in one product of exact
// 32-bit sums. A word is four signed digits, x = sum_p 2^(8p) d_p, and a weight one or two of them,
// w = w_0 + 2^8 w_1. So y = sum_s 2^(8s) (d_s w_0 + d_(s-1) w_1) modulo 2^32, s < 4: what is above
// is a multiple of 2^32.
//
//   digits   [4 padded_rows, planes padded_columns]: of shift s and row t, d_s and, if the weights
//            have two planes, d_(s-1) beside it
//   weights  [n_out, planes padded_columns]: w_0 and w_1 beside it
//   sums     [4 padded_rows, n_out]
//
// A sum stays below 2^31: 128 * 128 * kMaxRingInputs = 2^30, and |w_1| <= 8 adds 2^26.
// Digits of padding may be anything: weights are zero there, and sums of padded rows are not read.
#ifndef SOTTO_ACCELERATOR_DEVICES_RING_DIGITS_H_
#define SOTTO_ACCELERATOR_DEVICES_RING_DIGITS_H_

#include <cstddef>
#include <cstdint>

#include "accelerator/devices/aes_ctr.h"
#include "accelerator/devices/host_device.h"
#include "accelerator/devices/signed_digits.h"

namespace sotto {

inline constexpr int kRingShifts = 4;
// Words that one thread takes: a block of a seed's stream.
inline constexpr size_t kWordsAtOnce = 4;

// Of `rows` of `columns` words in row-major order. padded_columns: a multiple of kWordsAtOnce.
struct RingDigits {
  int8_t* digits;
  size_t rows, columns, padded_rows, padded_columns;
  size_t planes;  // Of the weights.
};

// Which words of a seed's stream the rows are.
struct SeedRows {
  Aes256Schedule keys;
  uint64_t first_word;
};

// By shift: the signed digits of one word, or of four side by side, the first lowest.
SOTTO_HOST_DEVICE inline void SplitWord(uint32_t word, int8_t digits[kRingShifts]) {
  for (int s = 0; s < kRingShifts; ++s) digits[s] = TakeSignedDigit(word);
}
SOTTO_HOST_DEVICE inline void SplitWords(const uint32_t words[kWordsAtOnce],
                                         uint32_t packed[kRingShifts]) {
  for (int s = 0; s < kRingShifts; ++s) packed[s] = 0;
  for (size_t k = 0; k < kWordsAtOnce; ++k) {
    int8_t digits[kRingShifts];
    SplitWord(words[k], digits);
    for (int s = 0; s < kRingShifts; ++s) {
      packed[s] |= static_cast<uint32_t>(static_cast<uint8_t>(digits[s])) << (8 * k);
    }
  }
}

// Stores what either made at (row, column). Digits: int8_t, or uint32_t at a multiple of
// kWordsAtOnce.
template <typename Digits>
SOTTO_HOST_DEVICE void StoreDigits(const RingDigits& out, size_t row, size_t column,
                                   const Digits of_shift[kRingShifts]) {
  const size_t width = out.planes * out.padded_columns;
  for (int s = 0; s < kRingShifts; ++s) {
    int8_t* const to = out.digits + (s * out.padded_rows + row) * width + column;
    *reinterpret_cast<Digits*>(to) = of_shift[s];
    if (out.planes == 1) continue;
    *reinterpret_cast<Digits*>(to + out.padded_columns) = s == 0 ? Digits{0} : of_shift[s - 1];
  }
}

// Threads that a matrix takes whose first word is `first_word` of a stream: one a block of it.
SOTTO_HOST_DEVICE inline size_t StreamBlocks(uint64_t first_word, size_t words) {
  return static_cast<size_t>((first_word + words + kWordsAtOnce - 1) / kWordsAtOnce -
                             first_word / kWordsAtOnce);
}

// Stores words 4 nth .. 4 nth + 3 counted from the stream's block that holds first_word; those
// outside the matrix are left out.
SOTTO_HOST_DEVICE inline void StoreStreamBlock(const RingDigits& out, uint64_t first_word,
                                               size_t nth, const uint32_t words[kWordsAtOnce]) {
  const size_t skipped = static_cast<size_t>(first_word % kWordsAtOnce);
  const size_t end = out.rows * out.columns;
  if (skipped == 0 &&
      out.columns % kWordsAtOnce == 0) {  // Every model: no row ends within a block.
    const size_t at = kWordsAtOnce * nth;
    if (at >= end) return;
    uint32_t packed[kRingShifts];
    SplitWords(words, packed);
    return StoreDigits(out, at / out.columns, at % out.columns, packed);
  }
  for (size_t k = 0; k < kWordsAtOnce; ++k) {
    const size_t at = kWordsAtOnce * nth + k - skipped;
    if (kWordsAtOnce * nth + k < skipped || at >= end) continue;
    int8_t digits[kRingShifts];
    SplitWord(words[k], digits);
    StoreDigits(out, at / out.columns, at % out.columns, digits);
  }
}

// What thread `nth` does of rows that were uploaded, contiguous words. Reads no further than they.
SOTTO_HOST_DEVICE inline void SplitUploadedBlock(const RingDigits& out, const uint32_t* x,
                                                 size_t nth) {
  uint32_t words[kWordsAtOnce] = {};
  const size_t begin = kWordsAtOnce * nth, end = out.rows * out.columns;
  for (size_t k = 0; k < kWordsAtOnce && begin + k < end; ++k) words[k] = x[begin + k];
  StoreStreamBlock(out, 0, nth, words);
}

// What thread `nth` of StreamBlocks does of rows that a seed stands for.
template <typename Table>
SOTTO_HOST_DEVICE void ExpandSeedBlock(const RingDigits& out, const SeedRows& seed,
                                       const Table& table, size_t nth) {
  uint32_t words[kWordsAtOnce];
  AesCtrBlock(seed.keys, table, seed.first_word / kWordsAtOnce + nth, words);
  StoreStreamBlock(out, seed.first_word, nth, words);
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_RING_DIGITS_H_
