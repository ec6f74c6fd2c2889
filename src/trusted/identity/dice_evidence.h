// A quote inside a certificate, as Gramine's RA-TLS has it (Interoperable RA-TLS, over TCG's "DICE
// Attestation Architecture"): whoever sees the certificate in a handshake finds in it that a TEE
// vouches for its key. The weaker form of evidence: it binds neither a nonce nor a connection
// (docs/attestation.md). Public data.
#ifndef SOTTO_TRUSTED_IDENTITY_DICE_EVIDENCE_H_
#define SOTTO_TRUSTED_IDENTITY_DICE_EVIDENCE_H_

#include <string>
#include <string_view>

namespace sotto {

// tcg-dice-TaggedEvidence: the extension whose value is TaggedEvidence().
inline constexpr char kDiceEvidenceOid[] = "2.23.133.5.4.9";

// What the evidence says of a public key (SubjectPublicKeyInfo, DER): CBOR, {"pubkey-hash": bytes
// of [1, SHA-256]}. The report data of the quote are its SHA-256, and 32 zeros.
std::string PublicKeyClaims(std::string_view public_key);

// CBOR tag 60000 of [quote, claims]. REQUIRES: both shorter than 64 KiB.
std::string TaggedEvidence(std::string_view quote, std::string_view claims);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_IDENTITY_DICE_EVIDENCE_H_
