// What binds one TLS connection to an attested keyset, an extension of ours: a key of the keyset
// signs a value that only the two ends of the connection know (its exporter, RFC 8446,
// section 7.5). A quote seen by a client says that attested code runs somewhere; this says that the
// connection which the client holds ends in it. Both sides use these functions, so that they agree.
#ifndef SOTTO_ATTEST_CHANNEL_PROOF_H_
#define SOTTO_ATTEST_CHANNEL_PROOF_H_

#include <string>
#include <string_view>

#include "attest/ed25519.h"
#include "attest/keyset.h"
#include "base/status.h"

namespace sotto {

// Of SSL_export_keying_material(): this label, no context, so many bytes.
inline constexpr std::string_view kChannelExporterLabel = "EXPORTER-sotto-channel";
inline constexpr size_t kChannelExporterBytes = 32;
inline constexpr size_t kMaxChannelProofBytes = size_t{1} << 16;

// What is signed, canonical JSON (RFC 8785) in exactly these bytes:
//   {"exporter":"HEX","keyset_digest":"sha256:HEX","purpose":"sotto.channel.v1"}
// REQUIRES: an exporter of kChannelExporterBytes.
std::string ChannelStatement(std::string_view exporter, std::string_view keyset_digest);

struct ChannelProof {
  std::string keyset_digest;
  std::string key_id;     // Of a key of kChannelKeyAlgo in the keyset's e2ee_public_keys.
  std::string signature;  // kEd25519SignatureBytes
};

// INTERNAL when OpenSSL does not sign. REQUIRES: as ChannelStatement().
absl::StatusOr<ChannelProof> MakeChannelProof(std::string_view exporter,
                                              const WorkloadKeyset& keyset,
                                              const std::string& key_id, const Ed25519Key& key);

// One JSON object: {"workload_keyset_digest", "key_id", "signature"}.
std::string ChannelProofToJson(const ChannelProof& proof);
// INVALID_ARGUMENT naming the member.
absl::StatusOr<ChannelProof> ParseChannelProof(std::string_view text);

// PERMISSION_DENIED unless a channel key of `keyset`, which a verified quote vouches for, signed
// this exporter, the client's own. REQUIRES: as ChannelStatement().
absl::Status CheckChannelProof(const ChannelProof& proof, const WorkloadKeyset& keyset,
                               std::string_view exporter);

}  // namespace sotto

#endif  // SOTTO_ATTEST_CHANNEL_PROOF_H_
