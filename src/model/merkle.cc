#include "model/merkle.h"

#include <openssl/evp.h>

#include <bit>
#include <memory>

#include "base/check.h"

namespace sotto {
namespace {

constexpr uint8_t kLeafDomain = 0x00;
constexpr uint8_t kNodeDomain = 0x01;

}  // namespace

Hash256 TaggedSha256(uint8_t domain, std::span<const uint8_t> a, std::span<const uint8_t> b) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  Hash256 hash;
  SOTTO_CHECK(context != nullptr);
  SOTTO_CHECK(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  SOTTO_CHECK(EVP_DigestUpdate(context.get(), &domain, 1) == 1);
  SOTTO_CHECK(EVP_DigestUpdate(context.get(), a.data(), a.size()) == 1);
  SOTTO_CHECK(EVP_DigestUpdate(context.get(), b.data(), b.size()) == 1);
  SOTTO_CHECK(EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1);
  return hash;
}

Hash256 MerkleLeaf(std::span<const uint8_t> data) { return TaggedSha256(kLeafDomain, data, {}); }

Hash256 MerkleRoot(std::span<const Hash256> leaves) {
  SOTTO_CHECK(!leaves.empty());
  if (leaves.size() == 1) return leaves[0];
  const size_t left = std::bit_floor(leaves.size() - 1);
  return TaggedSha256(kNodeDomain, MerkleRoot(leaves.first(left)),
                      MerkleRoot(leaves.subspan(left)));
}

}  // namespace sotto
