#include "model/sealed_chunk.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "base/check.h"

namespace sotto {
namespace {

constexpr size_t kTagBytes = 16;
constexpr size_t kChunkNonceBytes = 12;
constexpr char kKeyInfo[] = "sotto sealed model v1";

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

SecretBuffer DeriveFileKey(const SecretBuffer& key, const std::array<uint8_t, 32>& salt) {
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(
      EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  SOTTO_CHECK(kdf != nullptr);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
      EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
  SOTTO_CHECK(context != nullptr);
  // OpenSSL's parameters are not const, and are not written through.
  const auto bytes = [](const uint8_t* data) { return const_cast<uint8_t*>(data); };
  std::string digest = "SHA256", info = kKeyInfo;
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, bytes(key.span().data()), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, bytes(salt.data()), salt.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  SecretBuffer file_key(kSealKeyBytes);
  SOTTO_CHECK(EVP_KDF_derive(context.get(), file_key.span().data(), file_key.size(), parameters) ==
              1);
  return file_key;
}

// Ready for chunk `index`, its associated data already absorbed.
CipherContext BeginChunk(const SealedHeader& header, const SecretBuffer& key, uint64_t index,
                         bool encrypt) {
  CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  SOTTO_CHECK(context != nullptr);
  uint8_t nonce[kChunkNonceBytes] = {};
  std::memcpy(nonce, &index, sizeof index);
  const uint64_t associated[2] = {header.payload_bytes, header.chunk_bytes};
  int unused;
  SOTTO_CHECK(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.span().data(), nonce,
                                encrypt ? 1 : 0) == 1);
  SOTTO_CHECK(EVP_CipherUpdate(context.get(), nullptr, &unused,
                               reinterpret_cast<const uint8_t*>(associated),
                               sizeof associated) == 1);
  return context;
}

void UpdateInPlace(EVP_CIPHER_CTX* context, std::span<uint8_t> chunk) {
  int written = 0;
  SOTTO_CHECK(EVP_CipherUpdate(context, chunk.data(), &written, chunk.data(),
                               static_cast<int>(chunk.size())) == 1);
  SOTTO_CHECK(static_cast<size_t>(written) == chunk.size());
}

}  // namespace

ChunkCrypter::ChunkCrypter(const SealedHeader& header, const SecretBuffer& key) : header_(header) {
  if (header.cipher == SealedCipher::kNone) return;
  SOTTO_CHECK(key.size() == kSealKeyBytes);
  file_key_ = DeriveFileKey(key, header.salt);
}

Hash256 ChunkCrypter::Seal(uint64_t index, std::span<uint8_t> chunk) const {
  if (header_.cipher == SealedCipher::kNone) return MerkleLeaf(chunk);
  const CipherContext context = BeginChunk(header_, file_key_, index, /*encrypt=*/true);
  UpdateInPlace(context.get(), chunk);
  Hash256 entry{};
  uint8_t none[kTagBytes];
  int written = 0;
  SOTTO_CHECK(EVP_CipherFinal_ex(context.get(), none, &written) == 1);
  SOTTO_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, entry.data()) ==
              1);
  return entry;
}

bool ChunkCrypter::Open(uint64_t index, const Hash256& entry, std::span<uint8_t> chunk) const {
  bool genuine;
  if (header_.cipher == SealedCipher::kNone) {
    genuine = MerkleLeaf(chunk) == entry;
  } else {
    const CipherContext context = BeginChunk(header_, file_key_, index, /*encrypt=*/false);
    UpdateInPlace(context.get(), chunk);
    Hash256 tag = entry;
    uint8_t none[kTagBytes];
    int written = 0;
    SOTTO_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) ==
                1);
    genuine = EVP_CipherFinal_ex(context.get(), none, &written) == 1;
  }
  if (!genuine) std::fill(chunk.begin(), chunk.end(), uint8_t{0});
  return genuine;
}

}  // namespace sotto
