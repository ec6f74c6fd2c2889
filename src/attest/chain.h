// Whether a chain of certificates leads to the pinned root, at a time, unrevoked.
#ifndef SOTTO_ATTEST_CHAIN_H_
#define SOTTO_ATTEST_CHAIN_H_

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/certificates.h"
#include "attest/reasons.h"
#include "sotto/attestation.h"

namespace sotto {

inline constexpr char kRootName[] = "Intel SGX Root CA";
inline constexpr char kPlatformCaName[] = "Intel SGX PCK Platform CA";
inline constexpr char kProcessorCaName[] = "Intel SGX PCK Processor CA";
inline constexpr char kPckName[] = "Intel SGX PCK Certificate";
inline constexpr char kTcbSigningName[] = "Intel SGX TCB Signing";

// What all chains of one verification have in common. CRLs may be null; then every certificate that
// they should speak of is refused, unless the reasons name the CRL, or the collateral, already.
struct TrustAnchors {
  std::string root_public_key;  // SubjectPublicKeyInfo, DER.
  X509_CRL* root_crl = nullptr;
  X509_CRL* pck_crl = nullptr;
  std::chrono::sys_seconds at;
};

// Common names that each certificate of a chain may have, leaf first.
using ChainNames = std::vector<std::vector<std::string_view>>;

// Adds every reason for which `chain` is no chain of those names to the root whose key is pinned
// (RFC 5280, strictly, as OpenSSL checks it): `part` for certificates, kPckCrl and kRootCrl for
// what is wrong with a CRL.
void CheckChain(const CertificateChain& chain, EvidencePart part, const ChainNames& names,
                const TrustAnchors& anchors, Reasons& reasons);

// Dates of certificates and CRLs that end.
void AddExpiries(const CertificateChain& chain, EvidencePart part, std::vector<Expiry>& expiries);
void AddExpiry(const X509_CRL* crl, EvidencePart part, std::vector<Expiry>& expiries);

// The public key of Intel's SGX root (SubjectPublicKeyInfo, DER), under which all of Intel's
// certificates of SGX and TDX are.
std::string IntelRootPublicKey();

}  // namespace sotto

#endif  // SOTTO_ATTEST_CHAIN_H_
