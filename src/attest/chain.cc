#include "attest/chain.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/escaping.h"
#include "attest/dates.h"
#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

// CN=Intel SGX Root CA, subject key identifier 22650cd65a9d3489f383b49552bf501b392706ac: the
// point of
// https://certificates.trustedservices.intel.com/Intel_SGX_Provisioning_Certification_RootCA.pem.
constexpr char kIntelRootKeyHex[] =
    "3059301306072a8648ce3d020106082a8648ce3d030107034200"
    "040ba9c4c0c0c86193a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525"
    "f567918e2edc88e40d860bd0cc4ee26aacc988e505a953558c453f6b0904ae7394";

// What OpenSSL says of a chain, for the callback below.
struct ChainWalk {
  EvidencePart part;
  const TrustAnchors* anchors;
  Reasons* reasons;
};

const ChainWalk& WalkOf(const X509_STORE_CTX* context) {
  return *static_cast<const ChainWalk*>(X509_STORE_CTX_get_app_data(context));
}

// Which CRL speaks of the certificate that OpenSSL looks at: that of the PCK's authority of the PCK
// alone, the root's of all others.
EvidencePart CrlPart(const X509_STORE_CTX* context) {
  const bool pck = WalkOf(context).part == EvidencePart::kPckChain &&
                   X509_STORE_CTX_get_error_depth(context) == 0;
  return pck ? EvidencePart::kPckCrl : EvidencePart::kRootCrl;
}

X509_CRL* CrlOf(const TrustAnchors& anchors, EvidencePart part) {
  return part == EvidencePart::kPckCrl ? anchors.pck_crl : anchors.root_crl;
}

// OpenSSL's caller owns what it gets. Each of the two is looked for where it belongs, so that
// neither passes for the other.
STACK_OF(X509_CRL) * LookUpCrl(const X509_STORE_CTX* context, const X509_NAME*) {
  X509_CRL* const crl = CrlOf(*WalkOf(context).anchors, CrlPart(context));
  STACK_OF(X509_CRL)* const found = sk_X509_CRL_new_null();
  if (crl != nullptr && found != nullptr && X509_CRL_up_ref(crl) == 1) sk_X509_CRL_push(found, crl);
  return found;
}

struct ChainFault {
  EvidenceFault fault;
  bool of_crl = false;
};

ChainFault FaultOf(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {EvidenceFault::kExpired};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {EvidenceFault::kNotYetValid};
    case X509_V_ERR_CERT_REVOKED:
      return {EvidenceFault::kRevoked};
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {EvidenceFault::kSignature};
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return {EvidenceFault::kExpired, true};
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return {EvidenceFault::kNotYetValid, true};
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
      return {EvidenceFault::kSignature, true};
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
      return {EvidenceFault::kMismatch, true};
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
      return {EvidenceFault::kUntrusted, true};
    default:
      return {EvidenceFault::kUntrusted};
  }
}

// A certificate with its name, "Intel SGX PCK Certificate, serial number 01: expired".
void AddFault(X509_STORE_CTX* context) {
  const ChainWalk& walk = WalkOf(context);
  const int error = X509_STORE_CTX_get_error(context);
  const ChainFault found = FaultOf(error);
  const std::string words = X509_verify_cert_error_string(error);
  if (found.of_crl) {
    const bool missing = found.fault == EvidenceFault::kMismatch;
    const EvidencePart part = CrlPart(context);
    // Of one that could not be read, that is known, and nothing else.
    const bool unread = CrlOf(*walk.anchors, part) == nullptr &&
                        (walk.reasons->Has(part) || walk.reasons->Has(EvidencePart::kCollateral));
    if (unread) return;
    walk.reasons->Add(part, found.fault, missing ? "no CRL of the certificate's issuer" : words);
    return;
  }
  const X509* const certificate = X509_STORE_CTX_get_current_cert(context);
  walk.reasons->Add(
      walk.part, found.fault,
      StrCat(certificate == nullptr ? "the chain" : NameAndSerial(certificate), ": ", words));
}

// OpenSSL goes on after every error, so that each is named.
int RecordFault(int ok, X509_STORE_CTX* context) {
  if (ok != 1) AddFault(context);
  return 1;
}

using CertificateStack = Owned<STACK_OF(X509), [](STACK_OF(X509) * s) { sk_X509_free(s); }>;

void SetParameters(X509_STORE_CTX* context, std::chrono::sys_seconds at) {
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(parameters, at.time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE |
                                              X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

void VerifyPath(const CertificateChain& chain, const ChainWalk& walk) {
  CertificateStack root(sk_X509_new_null()), others(sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) {
    sk_X509_push(i + 1 == chain.size() ? root.get() : others.get(), chain[i].get());
  }
  const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (store != nullptr) X509_STORE_set_lookup_crls(store.get(), LookUpCrl);
  if (store == nullptr || context == nullptr ||
      X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), others.get()) != 1) {
    walk.reasons->Add(walk.part, EvidenceFault::kUntrusted, "the chain cannot be checked");
    return;
  }
  X509_STORE_CTX_set0_trusted_stack(context.get(), root.get());
  SetParameters(context.get(), walk.anchors->at);
  X509_STORE_CTX_set_app_data(context.get(), const_cast<ChainWalk*>(&walk));
  X509_STORE_CTX_set_verify_cb(context.get(), RecordFault);
  if (X509_verify_cert(context.get()) != 1) {
    walk.reasons->Add(walk.part, EvidenceFault::kUntrusted,
                      X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  // What was verified is what was given, in its order, and nothing beside it.
  const STACK_OF(X509)* const path = X509_STORE_CTX_get0_chain(context.get());
  bool same = sk_X509_num(path) == static_cast<int>(chain.size());
  for (size_t i = 0; same && i < chain.size(); ++i) {
    same = X509_cmp(sk_X509_value(path, static_cast<int>(i)), chain[i].get()) == 0;
  }
  if (!same) {
    walk.reasons->Add(walk.part, EvidenceFault::kUntrusted,
                      "each certificate does not lead to the next");
  }
  ERR_clear_error();
}

void CheckNames(const CertificateChain& chain, EvidencePart part, const ChainNames& names,
                Reasons& reasons) {
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string name = CommonName(chain[i].get());
    if (std::find(names[i].begin(), names[i].end(), name) == names[i].end()) {
      reasons.Add(part, EvidenceFault::kName,
                  StrCat("certificate ", i + 1, " is ", NameAndSerial(chain[i].get()),
                         "; it must be \"", names[i].front(), "\""));
    }
  }
}

}  // namespace

void CheckChain(const CertificateChain& chain, EvidencePart part, const ChainNames& names,
                const TrustAnchors& anchors, Reasons& reasons) {
  if (chain.size() != names.size()) {
    reasons.Add(part, EvidenceFault::kMalformed,
                StrCat(chain.size(), " certificates; the chain has ", names.size()));
    return;
  }
  CheckNames(chain, part, names, reasons);
  if (PublicKeyOf(chain.back().get()) != anchors.root_public_key) {
    reasons.Add(part, EvidenceFault::kUntrusted,
                "the chain ends in a root whose key is not Intel's");
  }
  VerifyPath(chain, {part, &anchors, &reasons});
}

void AddExpiries(const CertificateChain& chain, EvidencePart part, std::vector<Expiry>& expiries) {
  for (const OwnedCertificate& certificate : chain) {
    if (const auto end = FromAsn1(X509_get0_notAfter(certificate.get()))) {
      expiries.push_back(
          {StrCat(PartName(part), ": ", TerminalText(CommonName(certificate.get())).substr(0, 100)),
           *end});
    }
  }
}

void AddExpiry(const X509_CRL* crl, EvidencePart part, std::vector<Expiry>& expiries) {
  if (const auto end = FromAsn1(X509_CRL_get0_nextUpdate(crl))) {
    expiries.push_back({std::string(PartName(part)), *end});
  }
}

std::string IntelRootPublicKey() { return absl::HexStringToBytes(kIntelRootKeyHex); }

}  // namespace sotto
