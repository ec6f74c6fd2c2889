// The keystream that a seed stands for (docs/wire_format.md, "Seeds"), block by block, for the
// threads of a GPU: AES-256 (FIPS 197) of a counter.
//
// By table, and so in a time that could depend on the seed: whoever runs this was told the seed,
// and the rows that it stands for, by the client. It has nothing to hide from its own device.
#ifndef SOTTO_ACCELERATOR_DEVICES_AES_CTR_H_
#define SOTTO_ACCELERATOR_DEVICES_AES_CTR_H_

#include <cstdint>

#include "accelerator/devices/host_device.h"

namespace sotto {

inline constexpr int kAes256Rounds = 14;

// The round keys: columns of the state, their first byte highest.
struct Aes256Schedule {
  uint32_t words[4 * (kAes256Rounds + 1)];
};

// For a byte x with S-box S(x): the column 2 S, S, S, 3 S that SubBytes and MixColumns make of it.
// Entries of the other rows are rotations of it.
struct AesTable {
  uint32_t words[256];
};

// x * y modulo the cipher's polynomial.
constexpr uint32_t AesMultiply(uint32_t x, uint32_t y) {
  uint32_t product = 0;
  for (; y != 0; y >>= 1) {
    if ((y & 1u) != 0) product ^= x;
    x = (x << 1) ^ ((x & 0x80u) != 0 ? 0x11bu : 0u);
  }
  return product;
}

// The affine transformation of x's inverse, which is x^254.
constexpr uint32_t AesSubByte(uint32_t x) {
  uint32_t power = x, inverse = 1;
  for (int i = 0; i < 7; ++i) {
    power = AesMultiply(power, power);
    inverse = AesMultiply(inverse, power);
  }
  uint32_t s = 0x63;
  for (int i = 0; i < 5; ++i) s ^= ((inverse << i) | (inverse >> (8 - i))) & 0xffu;
  return s;
}

constexpr AesTable MakeAesTable() {
  AesTable table{};
  for (uint32_t x = 0; x < 256; ++x) {
    const uint32_t s = AesSubByte(x);
    table.words[x] = AesMultiply(s, 2) << 24 | s << 16 | s << 8 | AesMultiply(s, 3);
  }
  return table;
}

inline constexpr AesTable kAesTable = MakeAesTable();

// seed: 32 bytes.
Aes256Schedule MakeAes256Schedule(const uint8_t* seed);

SOTTO_HOST_DEVICE inline uint32_t RotateRight(uint32_t x, int bits) {
  return (x >> bits) | (x << (32 - bits));
}
SOTTO_HOST_DEVICE inline uint32_t SwapBytes(uint32_t x) {
  return x << 24 | (x & 0xff00u) << 8 | (x >> 8 & 0xff00u) | x >> 24;
}

// A column after SubBytes, ShiftRows and MixColumns; a..d are the columns its bytes come from.
// `table(x)`: AesTable::words[x], wherever it is.
template <typename Table>
SOTTO_HOST_DEVICE uint32_t AesColumn(const Table& table, uint32_t a, uint32_t b, uint32_t c,
                                     uint32_t d) {
  return table(a >> 24) ^ RotateRight(table(b >> 16 & 0xffu), 8) ^
         RotateRight(table(c >> 8 & 0xffu), 16) ^ RotateRight(table(d & 0xffu), 24);
}
// The same without MixColumns, of the last round: the table's second byte is S.
template <typename Table>
SOTTO_HOST_DEVICE uint32_t AesLastColumn(const Table& table, uint32_t a, uint32_t b, uint32_t c,
                                         uint32_t d) {
  return (table(a >> 24) >> 8 & 0xffu) << 24 | (table(b >> 16 & 0xffu) >> 8 & 0xffu) << 16 |
         (table(c >> 8 & 0xffu) >> 8 & 0xffu) << 8 | (table(d & 0xffu) >> 8 & 0xffu);
}

// Words 4 block .. 4 block + 3 of the stream.
template <typename Table>
SOTTO_HOST_DEVICE void AesCtrBlock(const Aes256Schedule& keys, const Table& table, uint64_t block,
                                   uint32_t words[4]) {
  // The counter's upper half is 0: no stream is that long.
  uint32_t s0 = keys.words[0], s1 = keys.words[1];
  uint32_t s2 = keys.words[2] ^ static_cast<uint32_t>(block >> 32);
  uint32_t s3 = keys.words[3] ^ static_cast<uint32_t>(block);
  const uint32_t* key = keys.words + 4;
  for (int round = 1; round < kAes256Rounds; ++round, key += 4) {
    const uint32_t t0 = AesColumn(table, s0, s1, s2, s3) ^ key[0];
    const uint32_t t1 = AesColumn(table, s1, s2, s3, s0) ^ key[1];
    const uint32_t t2 = AesColumn(table, s2, s3, s0, s1) ^ key[2];
    s3 = AesColumn(table, s3, s0, s1, s2) ^ key[3];
    s0 = t0, s1 = t1, s2 = t2;
  }
  words[0] = SwapBytes(AesLastColumn(table, s0, s1, s2, s3) ^ key[0]);
  words[1] = SwapBytes(AesLastColumn(table, s1, s2, s3, s0) ^ key[1]);
  words[2] = SwapBytes(AesLastColumn(table, s2, s3, s0, s1) ^ key[2]);
  words[3] = SwapBytes(AesLastColumn(table, s3, s0, s1, s2) ^ key[3]);
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_AES_CTR_H_
