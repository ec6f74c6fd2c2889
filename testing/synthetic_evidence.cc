#include "testing/synthetic_evidence.h"

#include <openssl/sha.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

using std::chrono::days;

constexpr int kLevelSvn = 5, kPceSvn = 11;

std::string Bytes16(uint16_t value) {
  return {static_cast<char>(value & 0xff), static_cast<char>(value >> 8)};
}

std::string Bytes32(size_t value) {
  return Bytes16(static_cast<uint16_t>(value & 0xffff)) +
         Bytes16(static_cast<uint16_t>(value >> 16));
}

std::string UpperHex(std::string_view bytes) {
  std::string hex = absl::BytesToHexString(ToAbsl(bytes));
  for (char& c : hex) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return hex;
}

std::string Sha256Of(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

void Put(std::string& bytes, size_t offset, std::string_view field) {
  SOTTO_CHECK(offset + field.size() <= bytes.size());
  bytes.replace(offset, field.size(), field);
}

std::string EnclaveReportBytes(char mrsigner, uint16_t product, uint16_t svn) {
  std::string report(384, '\0');
  Put(report, kSgxAttributes, std::string("\x05\0\0\0\0\0\0\0\x07", 9));
  Put(report, kSgxMrenclave, std::string(32, '\xe1'));
  Put(report, kSgxMrsigner, std::string(32, mrsigner));
  Put(report, kSgxProduct, Bytes16(product));
  Put(report, kSgxSvn, Bytes16(svn));
  return report;
}

std::string TdReportBytes(bool td15) {
  std::string report(td15 ? 648 : 584, '\0');
  Put(report, kTdxTcbSvn, std::string("\x06\x01", 2) + std::string(14, '\x05'));
  Put(report, kTdxAttributes + 3, "\x10");
  Put(report, kTdxMrtd, std::string(48, '\xd1'));
  for (size_t i = 0; i < 4; ++i) {
    Put(report, kTdxRtmr0 + 48 * i, std::string(48, static_cast<char>(0xa0 + i)));
  }
  Put(report, kTdxReportData, SyntheticReportData());
  return report;
}

EvidenceJson Components(int svn) {
  EvidenceJson list = EvidenceJson::array();
  for (int i = 0; i < 16; ++i) list.push_back({{"svn", svn}});
  return list;
}

EvidenceJson LevelJson(TeeKind tee, int svn, const char* status, EvidenceJson advisories) {
  EvidenceJson tcb = {{"sgxtcbcomponents", Components(svn)}, {"pcesvn", kPceSvn}};
  if (tee == TeeKind::kTdx) {
    tcb["tdxtcbcomponents"] = Components(svn);
    // Where a module has a version, its identity says more.
    tcb["tdxtcbcomponents"][0]["svn"] = 2;
    tcb["tdxtcbcomponents"][1]["svn"] = 0;
  }
  EvidenceJson level = {{"tcb", tcb}, {"tcbDate", "2030-01-01T00:00:00Z"}, {"tcbStatus", status}};
  if (!advisories.empty()) level["advisoryIDs"] = std::move(advisories);
  return level;
}

EvidenceJson SvnLevelJson(int svn, const char* status) {
  return {{"tcb", {{"isvsvn", svn}}}, {"tcbDate", "2030-01-01T00:00:00Z"}, {"tcbStatus", status}};
}

EvidenceJson TcbInfoJson(TeeKind tee, const SgxExtensionRecipe& platform) {
  EvidenceJson info = {{"id", tee == TeeKind::kSgx ? "SGX" : "TDX"},
                       {"version", 3},
                       {"issueDate", "2031-05-01T00:00:00Z"},
                       {"nextUpdate", "2031-05-31T00:00:00Z"},
                       {"fmspc", UpperHex(platform.fmspc)},
                       {"pceId", UpperHex(platform.pce_id)},
                       {"tcbType", 0},
                       {"tcbEvaluationDataNumber", 20}};
  if (tee == TeeKind::kTdx) {
    const EvidenceJson module = {{"mrsigner", std::string(96, '0')},
                                 {"attributes", std::string(16, '0')},
                                 {"attributesMask", std::string(16, 'F')}};
    info["tdxModule"] = module;
    EvidenceJson identity = {{"id", "TDX_01"}};
    identity.update(module);
    identity["tcbLevels"] = {SvnLevelJson(5, "UpToDate"), SvnLevelJson(2, "OutOfDate")};
    info["tdxModuleIdentities"] = EvidenceJson::array({identity});
  }
  info["tcbLevels"] = {LevelJson(tee, kLevelSvn, "UpToDate", {}),
                       LevelJson(tee, kLevelSvn - 2, "OutOfDate", {"INTEL-SA-00001"})};
  return info;
}

EvidenceJson QeIdentityJson(TeeKind tee) {
  return {{"id", tee == TeeKind::kSgx ? "QE" : "TD_QE"},
          {"version", 2},
          {"issueDate", "2031-05-02T00:00:00Z"},
          {"nextUpdate", "2031-06-01T00:00:00Z"},
          {"tcbEvaluationDataNumber", 20},
          {"miscselect", "00000000"},
          {"miscselectMask", "FFFFFFFF"},
          {"attributes", "01000000000000000000000000000000"},
          {"attributesMask", "01FFFFFFFFFFFFFF0000000000000000"},
          {"mrsigner", UpperHex(std::string(32, '\x9e'))},
          {"isvprodid", 1},
          {"tcbLevels", {SvnLevelJson(8, "UpToDate"), SvnLevelJson(6, "OutOfDate")}}};
}

std::string HeaderBytes(TeeKind tee, int version) {
  std::string header = Bytes16(static_cast<uint16_t>(version)) + Bytes16(2);
  header += Bytes32(tee == TeeKind::kTdx ? 0x81 : 0) + Bytes32(0);
  header += absl::HexStringToBytes("939a7233f79c4ca9940a0db3957f0607");
  return header + std::string(20, '\x33');
}

template <typename T>
void Apply(const Edit<T>& edit, T& value) {
  if (edit) edit(value);
}

std::string Join(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

// The nested or flat certification data of the quote, and what they certify.
std::string SignatureData(const EvidenceRecipe& recipe, const std::string& signed_bytes,
                          const std::string& pck_pem) {
  std::string key = PointOf(SyntheticKey(recipe.attestation_key));
  Apply(recipe.edit_attestation_key, key);
  std::string qe_report = recipe.qe_report;
  const std::string digest =
      Sha256Of(PointOf(SyntheticKey(recipe.attestation_key)) + recipe.auth_data);
  if (qe_report.substr(kSgxReportData, 32) == std::string(32, '\0')) {
    Put(qe_report, kSgxReportData, digest);
  }
  const std::string qe = qe_report + SignRaw(SyntheticKey(recipe.qe_report_signer), qe_report) +
                         Bytes16(static_cast<uint16_t>(recipe.auth_data.size())) +
                         recipe.auth_data + Bytes16(recipe.certification_type) +
                         Bytes32(pck_pem.size()) + pck_pem;
  const std::string start = SignRaw(SyntheticKey(recipe.quote_signer), signed_bytes) + key;
  if (recipe.version == 3) return start + qe;
  return start + Bytes16(recipe.outer_certification_type) + Bytes32(qe.size()) + qe;
}

std::string MakeQuote(const EvidenceRecipe& recipe, const std::string& pck_pem) {
  std::string bytes = recipe.header;
  if (recipe.version == 5) {
    const uint16_t type = recipe.tee == TeeKind::kSgx ? 1 : recipe.td15 ? 3 : 2;
    bytes += Bytes16(type) + Bytes32(recipe.report.size());
  }
  bytes += recipe.report;
  const std::string signature_data = SignatureData(recipe, bytes, pck_pem);
  bytes += Bytes32(signature_data.size()) + signature_data;
  Apply(recipe.edit_quote, bytes);
  return bytes;
}

void AddSignedJson(const EvidenceJson& json, const std::string& name, const std::string& signer,
                   const Edit<std::string>& edit, EvidenceJson& collateral) {
  std::string text = json.dump();
  collateral[name + "_signature"] = absl::BytesToHexString(SignRaw(SyntheticKey(signer), text));
  Apply(edit, text);
  collateral[name] = text;
}

}  // namespace

EvidenceRecipe::EvidenceRecipe(TeeKind tee, int version, bool td15)
    : tee(tee), version(version), td15(td15) {
  const auto from = kEvidenceTime - days(400), until = kEvidenceTime + days(400);
  const std::string signs = "critical,keyCertSign,cRLSign";
  root = {.common_name = "Intel SGX Root CA", .from = from, .until = until, .serial = 11};
  root.basic_constraints = "critical,CA:TRUE,pathlen:1";
  root.key_usage = signs;
  root.key = root.signer = root.issuer_key = "root";
  root.issuer_name = root.common_name;
  ca = root;
  ca.common_name = "Intel SGX PCK Platform CA";
  ca.serial = 12;
  ca.key = "ca";
  ca.basic_constraints = "critical,CA:TRUE,pathlen:0";
  tcb_signing = root;
  tcb_signing.common_name = "Intel SGX TCB Signing";
  tcb_signing.serial = 13;
  tcb_signing.key = "tcb signing";
  tcb_signing.basic_constraints = "critical,CA:FALSE";
  tcb_signing.key_usage = "critical,digitalSignature";
  pck = tcb_signing;
  pck.common_name = "Intel SGX PCK Certificate";
  pck.serial = 14;
  pck.key = "pck";
  pck.signer = pck.issuer_key = "ca";
  pck.issuer_name = ca.common_name;
  root_crl = {.issuer_name = root.common_name,
              .issuer_key = "root",
              .signer = "root",
              .from = kEvidenceTime - days(30),
              .until = kEvidenceTime + days(300),
              .revoked = {900}};
  pck_crl = {.issuer_name = ca.common_name,
             .issuer_key = "ca",
             .signer = "ca",
             .from = kEvidenceTime - days(3),
             .until = kEvidenceTime + days(27),
             .revoked = {901, 902}};
  header = HeaderBytes(tee, version);
  report = tee == TeeKind::kTdx ? TdReportBytes(td15) : EnclaveReportBytes('\x51', 7, 3);
  if (tee == TeeKind::kSgx) Put(report, kSgxReportData, SyntheticReportData());
  qe_report = EnclaveReportBytes('\x9e', 1, 8);
  auth_data = std::string(32, '\x42');
  tcb_info = TcbInfoJson(tee, sgx_extension);
  qe_identity = QeIdentityJson(tee);
  tcb_info_signer = qe_identity_signer = "tcb signing";
  qe_report_signer = "pck";
  quote_signer = "attestation";
}

SyntheticEvidence MakeEvidence(const EvidenceRecipe& recipe) {
  CertificateRecipe pck = recipe.pck;
  if (pck.sgx_extension.empty()) pck.sgx_extension = MakeSgxExtension(recipe.sgx_extension);
  if (pck.sgx_extension == "none") pck.sgx_extension.clear();
  const std::string root = MakeCertificatePem(recipe.root), ca = MakeCertificatePem(recipe.ca);
  const std::string signing = MakeCertificatePem(recipe.tcb_signing);
  std::vector<std::string> pck_chain = {MakeCertificatePem(pck), ca, root}, crl_chain = {ca, root};
  std::vector<std::string> tcb_chain = {signing, root}, qe_chain = {signing, root};
  Apply(recipe.edit_pck_chain, pck_chain);
  Apply(recipe.edit_crl_issuer_chain, crl_chain);
  Apply(recipe.edit_tcb_info_chain, tcb_chain);
  Apply(recipe.edit_qe_identity_chain, qe_chain);
  std::string pck_pem = Join(pck_chain) + std::string(1, '\0');
  Apply(recipe.edit_pck_pem, pck_pem);

  EvidenceJson collateral;
  collateral["pck_crl_issuer_chain"] = Join(crl_chain);
  collateral["root_ca_crl"] = absl::BytesToHexString(MakeCrlDer(recipe.root_crl));
  collateral["pck_crl"] = absl::BytesToHexString(MakeCrlDer(recipe.pck_crl));
  collateral["tcb_info_issuer_chain"] = Join(tcb_chain);
  AddSignedJson(recipe.tcb_info, "tcb_info", recipe.tcb_info_signer, recipe.edit_tcb_info_text,
                collateral);
  collateral["qe_identity_issuer_chain"] = Join(qe_chain);
  AddSignedJson(recipe.qe_identity, "qe_identity", recipe.qe_identity_signer,
                recipe.edit_qe_identity_text, collateral);
  Apply(recipe.edit_collateral, collateral);
  SyntheticEvidence evidence{MakeQuote(recipe, pck_pem), collateral.dump(2), ""};
  Apply(recipe.edit_collateral_text, evidence.collateral);
  CertificateRecipe pinned = recipe.root;
  pinned.key = pinned.signer = pinned.issuer_key = recipe.trusted_root_key;
  evidence.root_pem = MakeCertificatePem(pinned);
  return evidence;
}

AttestationPolicy SyntheticPolicy() {
  AttestationPolicy policy;
  policy.sgx = SgxRule{.mrenclave = {absl::BytesToHexString(std::string(32, '\xe1'))},
                       .mrsigner = absl::BytesToHexString(std::string(32, '\x51')),
                       .product_id = 7,
                       .minimum_svn = 3};
  policy.tdx = TdxRule{.mrtd = {absl::BytesToHexString(std::string(48, '\xd1'))}};
  for (size_t i = 0; i < 4; ++i) {
    policy.tdx->rtmr[i] = {absl::BytesToHexString(std::string(48, static_cast<char>(0xa0 + i)))};
  }
  policy.minimum_tcb_evaluation_data_number = 20;
  return policy;
}

std::string SyntheticReportData() { return std::string(32, '\x1d') + std::string(32, '\0'); }

namespace {

VerifyQuoteOptions OptionsFor(const SyntheticEvidence& evidence, std::chrono::sys_seconds at) {
  return {.at = at, .report_data = SyntheticReportData(), .insecure_test_root = evidence.root_pem};
}

}  // namespace

Verdict VerifySynthetic(const SyntheticEvidence& evidence, const AttestationPolicy& policy,
                        std::chrono::sys_seconds at) {
  return VerifyQuote(evidence.quote, evidence.collateral, policy, OptionsFor(evidence, at));
}

Verdict VerifySyntheticWith(ChainReader& chains, const SyntheticEvidence& evidence,
                            const AttestationPolicy& policy) {
  return CheckQuoteWith(chains, evidence.quote, evidence.collateral, policy,
                        OptionsFor(evidence, kEvidenceTime));
}

}  // namespace sotto
