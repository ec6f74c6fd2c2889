// What makes a data plane secret that TLS does not cover (docs/wire_format.md, "Data planes"). The
// client draws the keys and tells them to the server over the session's TLS stream.
//
// Payloads are encrypted and nothing more: a word of them that was changed on the way is caught
// where every answer is (Freivalds). Records, which hold seeds and decide what happens, are
// encrypted and authenticated, and bound to their place in the session.
#ifndef SOTTO_PROTOCOL_PLANE_CIPHER_H_
#define SOTTO_PROTOCOL_PLANE_CIPHER_H_

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "protocol/keystream.h"
#include "protocol/protocol.h"

namespace sotto {

// Of one session; no key serves two. Every copy wipes itself.
struct PlaneKeys {
  Seed request_records{}, request_payloads{}, answer_records{}, answer_payloads{};
};
PlaneKeys DrawPlaneKeys();  // From the system's random source.

// As they travel, in the order above. The string is the caller's to wipe.
inline constexpr size_t kPlaneKeysBytes = 4 * kSeedBytes;
std::string EncodePlaneKeys(const PlaneKeys& keys);
// INVALID_ARGUMENT for another length.
absl::StatusOr<PlaneKeys> DecodePlaneKeys(const std::string& bytes);

// A key encrypts a TiB, so that a session may last: 2^36 blocks are far from where those of
// AES-256-CTR could be told from random ones (2^64).
inline constexpr uint64_t kPayloadEpochBytes = uint64_t{1} << 40;
// The key of each: HMAC-SHA-256 of the epoch's number, 8 bytes, little-endian, under the session's.
Seed PayloadEpochKey(const Seed& key, uint64_t epoch);

// Encrypts and decrypts the payloads of one direction: byte c of all that travels in it, records
// and gaps counted, is XORed with byte c mod kPayloadEpochBytes of the stream (keystream.h) of
// epoch c / kPayloadEpochBytes. So no byte of a stream serves twice. One caller at a time.
class PayloadCipher {
 public:
  explicit PayloadCipher(const Seed& key) : key_(key), stream_(PayloadEpochKey(key, 0)) {}

  // Bytes [offset, offset + size) of the direction. `from` and `to` may be the same memory; each
  // byte of `from` is read once, so it may be memory that others write to. Constant-time.
  // REQUIRES: offset is a multiple of 8.
  void Apply(uint64_t offset, const uint8_t* from, uint8_t* to, size_t size);

 private:
  // Within one epoch.
  void ApplyWithin(uint64_t offset, const uint8_t* from, uint8_t* to, size_t size);

  const Seed key_;
  uint64_t epoch_ = 0;
  SeedExpander stream_;  // Of the epoch.
};

inline constexpr size_t kRecordTagBytes = 16;

// Seals or opens the records of one direction, in their order: AES-256-GCM, the nonce being the
// record's number, 0, 1, 2, ... as 12 bytes, little-endian. One caller at a time.
class RecordSealer {
 public:
  explicit RecordSealer(const Seed& key);
  // sealed = record encrypted, then the tag. REQUIRES: sizes that fit.
  void Seal(std::span<const uint8_t> record, std::span<uint8_t> sealed);

 private:
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
  uint64_t next_ = 0;
};

class RecordOpener {
 public:
  explicit RecordOpener(const Seed& key);
  // ABORTED, with nothing in `record`, unless `sealed` is the next record as it was sealed.
  absl::Status Open(std::span<const uint8_t> sealed, std::span<uint8_t> record);

 private:
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
  uint64_t next_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_PLANE_CIPHER_H_
