// The matrix a seed stands for, computed the same way by the trusted process and by an accelerator
// (docs/wire_format.md, "Seeds").
#ifndef SOTTO_PROTOCOL_KEYSTREAM_H_
#define SOTTO_PROTOCOL_KEYSTREAM_H_

#include <cstdint>
#include <memory>
#include <span>

#include "protocol/protocol.h"

namespace sotto {

class Keystream;  // keystream_kernels.h
struct KeystreamKernels;

// The stream of one seed: the keystream of AES-256-CTR (NIST SP 800-38A) with key `seed` and
// initial counter block 0, the counter being the whole 16-byte block, big-endian; word i is bytes
// 4i..4i+3, little-endian. A [rows, cols] matrix is words 0..rows*cols-1, row-major.
//
// Holds the key schedule, zeroised on destruction. Not copyable. One caller at a time: threads that
// expand parts of one stream make one each. Aborts when the cipher fails (a broken OpenSSL).
class SeedExpander {
 public:
  // Reads the seed, does not keep a reference. By the fastest instructions of this processor, or by
  // those named, which make the same stream.
  explicit SeedExpander(const Seed& seed);
  SeedExpander(const Seed& seed, const KeystreamKernels& kernels);
  ~SeedExpander();
  SeedExpander(SeedExpander&&) noexcept;
  SeedExpander& operator=(SeedExpander&&) noexcept;

  // Writes words [first_word, first_word + out.size()) of the stream. Any order, any overlap; going
  // on where the last call ended is cheapest. Constant-time in the seed; allocates nothing.
  // REQUIRES: first_word + out.size() <= 2^48.
  void Expand(uint64_t first_word, std::span<uint32_t> out);
  // The same, XORed with `in`, which has as many bytes as `out` and may be the same memory: what
  // the cipher makes of it. Reads each byte once. REQUIRES: whole words.
  void Xor(uint64_t first_word, const uint8_t* in, std::span<uint8_t> out);

 private:
  std::unique_ptr<Keystream> keystream_;
};

// One-shot SeedExpander.
void ExpandSeed(const Seed& seed, uint64_t first_word, std::span<uint32_t> out);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_KEYSTREAM_H_
