#include "attest/channel_proof.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "attest/hex.h"
#include "attest/json_object.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {

std::string ChannelStatement(std::string_view exporter, std::string_view keyset_digest) {
  SOTTO_CHECK(exporter.size() == kChannelExporterBytes);
  return StrCat("{\"exporter\":\"", absl::BytesToHexString(ToAbsl(exporter)),
                "\",\"keyset_digest\":\"", keyset_digest, "\",\"purpose\":\"sotto.channel.v1\"}");
}

absl::StatusOr<ChannelProof> MakeChannelProof(std::string_view exporter,
                                              const WorkloadKeyset& keyset,
                                              const std::string& key_id, const Ed25519Key& key) {
  SOTTO_ASSIGN_OR_RETURN(std::string signature,
                         key.Sign(ChannelStatement(exporter, keyset.digest())));
  return ChannelProof{
      .keyset_digest = keyset.digest(), .key_id = key_id, .signature = std::move(signature)};
}

std::string ChannelProofToJson(const ChannelProof& proof) {
  return nlohmann::json({{"workload_keyset_digest", proof.keyset_digest},
                         {"key_id", proof.key_id},
                         {"signature", absl::BytesToHexString(proof.signature)}})
      .dump();
}

absl::StatusOr<ChannelProof> ParseChannelProof(std::string_view text) {
  if (text.size() > kMaxChannelProofBytes) {
    return absl::InvalidArgumentError(
        StrCat("the proof is longer than ", kMaxChannelProofBytes, " bytes"));
  }
  SOTTO_ASSIGN_OR_RETURN(const JsonObject root, JsonObject::Parse(text));
  ChannelProof proof;
  SOTTO_ASSIGN_OR_RETURN(proof.keyset_digest, root.Text("workload_keyset_digest"));
  SOTTO_ASSIGN_OR_RETURN(proof.key_id, root.Text("key_id"));
  SOTTO_ASSIGN_OR_RETURN(const std::string digits, root.Text("signature"));
  if (!IsLowerHex(digits, 2 * kEd25519SignatureBytes)) {
    return absl::InvalidArgumentError("signature is not 128 lower-case hexadecimal digits");
  }
  proof.signature = absl::HexStringToBytes(digits);
  return proof;
}

absl::Status CheckChannelProof(const ChannelProof& proof, const WorkloadKeyset& keyset,
                               std::string_view exporter) {
  if (proof.keyset_digest != keyset.digest()) {
    return absl::PermissionDeniedError("the channel's proof is of another keyset");
  }
  const auto& keys = keyset.e2ee_public_keys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const NamedPublicKey& k) {
    return k.key_id == proof.key_id && k.algo == kChannelKeyAlgo;
  });
  if (key == keys.end()) {
    return absl::PermissionDeniedError("the channel's proof names a key that the keyset lacks");
  }
  if (!Ed25519Verifies(absl::HexStringToBytes(key->public_key),
                       ChannelStatement(exporter, keyset.digest()), proof.signature)) {
    return absl::PermissionDeniedError(
        "the channel's proof is not of this connection: it ends in another place");
  }
  return absl::OkStatus();
}

}  // namespace sotto
