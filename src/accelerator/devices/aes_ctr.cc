#include "accelerator/devices/aes_ctr.h"

namespace sotto {
namespace {

uint32_t SubWord(uint32_t word) {
  const auto table = [](uint32_t x) { return kAesTable.words[x]; };
  return AesLastColumn(table, word, word, word, word);
}

}  // namespace

// FIPS 197, 5.2, with eight words a key.
Aes256Schedule MakeAes256Schedule(const uint8_t* seed) {
  constexpr int kKeyWords = 8, kWords = 4 * (kAes256Rounds + 1);
  Aes256Schedule schedule{};
  for (int i = 0; i < kKeyWords; ++i, seed += 4) {
    schedule.words[i] = uint32_t{seed[0]} << 24 | uint32_t{seed[1]} << 16 | uint32_t{seed[2]} << 8 |
                        uint32_t{seed[3]};
  }
  uint32_t constant = 1;
  for (int i = kKeyWords; i < kWords; ++i) {
    uint32_t word = schedule.words[i - 1];
    if (i % kKeyWords == 0) {
      word = SubWord(RotateRight(word, 24)) ^ constant << 24;
      constant = AesMultiply(constant, 2);
    } else if (i % kKeyWords == 4) {
      word = SubWord(word);
    }
    schedule.words[i] = schedule.words[i - kKeyWords] ^ word;
  }
  return schedule;
}

}  // namespace sotto
