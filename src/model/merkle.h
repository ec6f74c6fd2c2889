// The hash tree over a sealed model's chunks: RFC 6962, section 2.1, over ready-made leaves.
#ifndef SOTTO_MODEL_MERKLE_H_
#define SOTTO_MODEL_MERKLE_H_

#include <array>
#include <cstdint>
#include <span>

namespace sotto {

using Hash256 = std::array<uint8_t, 32>;

// SHA-256(0x00 || data).
Hash256 MerkleLeaf(std::span<const uint8_t> data);

// The root over `leaves`: one leaf is its own root; n leaves are split at the largest power of two
// below n, and SHA-256(0x01 || left root || right root) joins the two. REQUIRES: not empty.
Hash256 MerkleRoot(std::span<const Hash256> leaves);

// SHA-256(domain || a || b): `domain` keeps uses of the hash apart.
Hash256 TaggedSha256(uint8_t domain, std::span<const uint8_t> a, std::span<const uint8_t> b);

}  // namespace sotto

#endif  // SOTTO_MODEL_MERKLE_H_
