#include "trusted/linear/crc32c.h"

#include <immintrin.h>

#include <cstring>

#include "base/cpu.h"

namespace sotto {
namespace {

uint32_t ByteStep(uint32_t crc, uint8_t byte) {
  crc ^= byte;
  for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
  return crc;
}

uint32_t Portable(uint32_t crc, std::span<const uint8_t> data) {
  for (uint8_t byte : data) crc = ByteStep(crc, byte);
  return crc;
}

__attribute__((target("sse4.2"))) uint32_t Instruction(uint32_t crc,
                                                       std::span<const uint8_t> data) {
  uint64_t state = crc;
  size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, &data[i], sizeof word);
    state = _mm_crc32_u64(state, word);
  }
  return Portable(static_cast<uint32_t>(state), data.subspan(i));
}

}  // namespace

uint32_t Crc32c(std::span<const uint8_t> data) {
  // Every processor with AVX2 has SSE4.2.
  return ~(Cpu().avx2 ? Instruction : Portable)(0xffffffffu, data);
}

}  // namespace sotto
