// The matrix a seed stands for, computed the same way by the trusted process and by an accelerator
// (docs/wire_format.md, "Seeds").
#ifndef SOTTO_WIRE_KEYSTREAM_H_
#define SOTTO_WIRE_KEYSTREAM_H_

#include <cstdint>
#include <span>

#include "wire/protocol.h"

namespace sotto {

// Writes words [first_word, first_word + out.size()) of the seed's stream: the keystream of
// AES-256-CTR (NIST SP 800-38A) with key `seed` and initial counter block 0, the counter being the
// whole 16-byte block, big-endian; word i is bytes 4i..4i+3, little-endian. A [rows, cols] matrix
// is words 0..rows*cols-1, row-major.
// Constant-time in the seed. Aborts when the cipher fails (a broken OpenSSL).
void ExpandSeed(const Seed& seed, uint64_t first_word, std::span<uint32_t> out);

}  // namespace sotto

#endif  // SOTTO_WIRE_KEYSTREAM_H_
