// Quotes and collateral made for tests, right in every part but those that a test changes.
#ifndef SOTTO_TESTING_SYNTHETIC_EVIDENCE_H_
#define SOTTO_TESTING_SYNTHETIC_EVIDENCE_H_

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "attest/verify.h"
#include "sotto/attestation.h"
#include "testing/synthetic_pki.h"

namespace sotto {

// Noon of a day on which all of it is valid.
inline constexpr std::chrono::sys_seconds kEvidenceTime =
    std::chrono::sys_days(std::chrono::year(2031) / 5 / 10) + std::chrono::hours(12);

using EvidenceJson = nlohmann::ordered_json;
template <typename T>
using Edit = std::function<void(T&)>;

// Field offsets in the reports' bytes.
inline constexpr size_t kSgxMiscSelect = 16, kSgxAttributes = 48, kSgxMrenclave = 64,
                        kSgxMrsigner = 128, kSgxProduct = 256, kSgxSvn = 258, kSgxReportData = 320;
inline constexpr size_t kTdxTcbSvn = 0, kTdxSignerSeam = 64, kTdxSeamAttributes = 112,
                        kTdxAttributes = 120, kTdxMrtd = 136, kTdxRtmr0 = 328, kTdxReportData = 520,
                        kTdxServiceTd = 600;

struct EvidenceRecipe {
  EvidenceRecipe(TeeKind tee, int version, bool td15 = false);

  TeeKind tee;
  int version;
  bool td15;
  CertificateRecipe root, ca, pck, tcb_signing;
  SgxExtensionRecipe sgx_extension;
  CrlRecipe root_crl, pck_crl;
  std::string header, report, qe_report;  // Before they are signed.
  std::string auth_data;
  uint16_t certification_type = 5, outer_certification_type = 6;
  EvidenceJson tcb_info, qe_identity;
  // Whose key signs, by name.
  std::string tcb_info_signer, qe_identity_signer, qe_report_signer, quote_signer;
  std::string attestation_key = "attestation";
  // After everything is made and signed.
  Edit<std::vector<std::string>> edit_pck_chain, edit_crl_issuer_chain, edit_tcb_info_chain,
      edit_qe_identity_chain;
  Edit<std::string> edit_pck_pem, edit_quote, edit_attestation_key, edit_tcb_info_text,
      edit_qe_identity_text, edit_collateral_text;
  Edit<EvidenceJson> edit_collateral;
  std::string trusted_root_key = "root";  // What the verifier pins.
};

struct SyntheticEvidence {
  std::string quote, collateral;
  std::string root_pem;
};
SyntheticEvidence MakeEvidence(const EvidenceRecipe& recipe);

// Accepts what a recipe without changes makes, of either TEE.
AttestationPolicy SyntheticPolicy();
// 64 bytes, and the same in the default reports.
std::string SyntheticReportData();
Verdict VerifySynthetic(const SyntheticEvidence& evidence, const AttestationPolicy& policy,
                        std::chrono::sys_seconds at = kEvidenceTime);
// For many verifications: decoding the certificates takes most of the time of one.
Verdict VerifySyntheticWith(ChainReader& chains, const SyntheticEvidence& evidence,
                            const AttestationPolicy& policy);

}  // namespace sotto

#endif  // SOTTO_TESTING_SYNTHETIC_EVIDENCE_H_
