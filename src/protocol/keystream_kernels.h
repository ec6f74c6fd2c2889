// One implementation of keystream.h an instruction set. All make the same stream.
#ifndef SOTTO_PROTOCOL_KEYSTREAM_KERNELS_H_
#define SOTTO_PROTOCOL_KEYSTREAM_KERNELS_H_

#include <cstdint>
#include <memory>
#include <span>

#include "base/isa.h"
#include "protocol/protocol.h"

namespace sotto {

// The stream of one seed: holds its key schedule, zeroised on destruction.
class Keystream {
 public:
  Keystream() = default;
  Keystream(const Keystream&) = delete;
  Keystream& operator=(const Keystream&) = delete;
  virtual ~Keystream() = default;

  // As SeedExpander::Expand and Xor; `in` null: out is the stream itself.
  virtual void Xor(uint64_t first_word, const uint8_t* in, std::span<uint8_t> out) = 0;
};

struct KeystreamKernels {
  Isa isa;
  std::unique_ptr<Keystream> (*make)(const Seed& seed);
};

// OpenSSL's cipher; the wide AES instructions (VAES on 512-bit registers), at four times the rate
// of one block at a time, which is what masking costs most of.
extern const KeystreamKernels kPortableKeystream, kVaesKeystream;

const IsaTable<KeystreamKernels>& KeystreamTable();

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_KEYSTREAM_KERNELS_H_
