// The keystream of keystream.h with the wide AES instructions (VAES on 512-bit registers): four
// times the rate of one block at a time, which is what masking costs most of.
#ifndef SOTTO_PROTOCOL_KEYSTREAM_VAES_H_
#define SOTTO_PROTOCOL_KEYSTREAM_VAES_H_

#include <array>
#include <cstdint>
#include <span>

#include "protocol/protocol.h"

namespace sotto {

bool CpuHasVaes();

// The expanded key, zeroised on destruction. The functions are constant-time: the instructions use
// no table. REQUIRES: CpuHasVaes().
class VaesKeystream {
 public:
  explicit VaesKeystream(const Seed& seed);
  ~VaesKeystream();
  VaesKeystream(const VaesKeystream&) = delete;
  VaesKeystream& operator=(const VaesKeystream&) = delete;

  // As SeedExpander::Expand.
  void Expand(uint64_t first_word, std::span<uint32_t> out) const;

 private:
  static constexpr size_t kRoundKeys = 15;
  alignas(16) std::array<std::array<uint8_t, 16>, kRoundKeys> round_keys_;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_KEYSTREAM_VAES_H_
