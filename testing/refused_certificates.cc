// Certificates and CRLs.
#include <algorithm>
#include <utility>

#include "absl/strings/str_replace.h"
#include "testing/refused_cases.h"

namespace sotto {
namespace {

void AddPckChainForms(RefusedCaseList& cases) {
  const ReasonIds malformed = {"pck_chain.malformed"};
  const auto chain = [&](const std::string& name, Edit<std::vector<std::string>> edit,
                         const ReasonIds& reasons) {
    cases.Sgx(
        "PCK chain: " + name,
        [edit = std::move(edit)](EvidenceRecipe& r) { r.edit_pck_chain = edit; }, reasons);
  };
  const auto pem = [&](const std::string& name, Edit<std::string> edit) {
    cases.Sgx(
        "PCK chain: " + name,
        [edit = std::move(edit)](EvidenceRecipe& r) { r.edit_pck_pem = edit; }, malformed);
  };
  chain(
      "leaf alone", [](auto& c) { c.resize(1); }, malformed);
  chain(
      "no root", [](auto& c) { c.resize(2); }, malformed);
  chain(
      "one more", [](auto& c) { c.push_back(c[2]); }, malformed);
  chain("reversed", [](auto& c) { std::reverse(c.begin(), c.end()); },
        {"pck_chain.name", "pck_chain.untrusted", "pck_chain.malformed", "pck_crl.mismatch",
         "qe_report.signature"});
  chain(
      "empty", [](auto& c) { c.clear(); }, malformed);
  pem("words before it", [](std::string& p) { p = "certificates:\n" + p; });
  pem("words behind it", [](std::string& p) { p += "end"; });
  pem("CRLF", [](std::string& p) { absl::StrReplaceAll({{"\n", "\r\n"}}, &p); });
  pem("an empty line inside", [](std::string& p) { p.insert(p.find('\n'), 1, '\n'); });
  pem("lines of other lengths", [](std::string& p) { p.erase(p.find('\n', 40), 1); });
  pem("DER instead", [](std::string& p) { p = "\x30\x82"; });
}

void AddPckCertificates(RefusedCaseList& cases) {
  const auto change = [&](const std::string& name, const RecipeChange& what,
                          const ReasonIds& reasons) {
    cases.Sgx("certificates: " + name, what, reasons);
  };
  // The CA and the root are in the CRL's chain, too, and the root in every chain.
  const auto everywhere = [](const std::string& fault) {
    ReasonIds ids;
    for (const char* part : {"pck_chain", "pck_crl_issuer_chain", "tcb_info_issuer_chain",
                             "qe_identity_issuer_chain"}) {
      ids.insert(StrCat(part, ".", fault));
    }
    return ids;
  };
  const auto of_ca = [](const std::string& fault) {
    return ReasonIds{"pck_chain." + fault, "pck_crl_issuer_chain." + fault};
  };
  change("name of the PCK", [](auto& r) { r.pck.common_name = "Intel SGX TCB Signing"; },
         {"pck_chain.name"});
  change(
      "name of the CA",
      [](auto& r) {
        r.ca.common_name = r.pck.issuer_name = r.pck_crl.issuer_name = "Intel SGX PCK Other CA";
      },
      of_ca("name"));
  change(
      "name of the root",
      [](auto& r) {
        r.root.common_name = r.root.issuer_name = r.ca.issuer_name = "Root CA";
        r.tcb_signing.issuer_name = r.root_crl.issuer_name = "Root CA";
      },
      everywhere("name"));
  change(
      "another root of the same name", [](auto& r) { r.trusted_root_key = "pinned"; },
      everywhere("untrusted"));
  change(
      "root not signed by itself", [](auto& r) { r.root.signer = "other"; },
      everywhere("signature"));
  change(
      "CA not signed by the root", [](auto& r) { r.ca.signer = "other"; }, of_ca("signature"));
  change("PCK not signed by the CA", [](auto& r) { r.pck.signer = "other"; },
         {"pck_chain.signature"});
  change("PCK of another issuer", [](auto& r) { r.pck.issuer_name = "Intel SGX PCK Processor CA"; },
         {"pck_chain.untrusted", "pck_crl.mismatch"});
  change("PCK expired", [](auto& r) { r.pck.until = kEvidenceYesterday; }, {"pck_chain.expired"});
  change("PCK of tomorrow", [](auto& r) { r.pck.from = kEvidenceTomorrow; },
         {"pck_chain.not_yet_valid"});
  change(
      "CA expired", [](auto& r) { r.ca.until = kEvidenceYesterday; }, of_ca("expired"));
  change(
      "CA of tomorrow", [](auto& r) { r.ca.from = kEvidenceTomorrow; }, of_ca("not_yet_valid"));
  change(
      "root expired", [](auto& r) { r.root.until = kEvidenceYesterday; }, everywhere("expired"));
  change(
      "CA that is none", [](auto& r) { r.ca.basic_constraints = "critical,CA:FALSE"; },
      of_ca("untrusted"));
  change(
      "CA that may not sign", [](auto& r) { r.ca.key_usage = "critical,digitalSignature,cRLSign"; },
      of_ca("untrusted"));
  change("root that may not sign CRLs", [](auto& r) { r.root.key_usage = "critical,keyCertSign"; },
         {"root_ca_crl.untrusted"});
  change("critical extension that nobody knows",
         [](auto& r) { r.pck.unknown_critical_extension = true; }, {"pck_chain.untrusted"});
  change("PCK revoked", [](auto& r) { r.pck_crl.revoked.push_back(14); }, {"pck_chain.revoked"});
  change(
      "CA revoked", [](auto& r) { r.root_crl.revoked.push_back(12); }, of_ca("revoked"));
  change("TCB signing revoked", [](auto& r) { r.root_crl.revoked.push_back(13); },
         {"tcb_info_issuer_chain.revoked", "qe_identity_issuer_chain.revoked"});
  change("TCB signing expired", [](auto& r) { r.tcb_signing.until = kEvidenceYesterday; },
         {"tcb_info_issuer_chain.expired", "qe_identity_issuer_chain.expired"});
  change("TCB signing under another name",
         [](auto& r) { r.tcb_signing.common_name = "Intel SGX PCK Certificate"; },
         {"tcb_info_issuer_chain.name", "qe_identity_issuer_chain.name"});
}

void AddSgxExtensions(RefusedCaseList& cases) {
  const ReasonIds malformed = {"pck_chain.malformed"};
  const auto change = [&](const std::string& name, const RecipeChange& what) {
    cases.Sgx("SGX extension: " + name, what, malformed);
  };
  change("missing", [](auto& r) { r.pck.sgx_extension = "none"; });
  change("not a sequence", [](auto& r) { r.pck.sgx_extension = std::string("\x02\x01\x05"); });
  change("bytes behind it", [](auto& r) {
    r.pck.sgx_extension = MakeSgxExtension(r.sgx_extension) + std::string(1, '\0');
  });
  change("no TCB", [](auto& r) { r.sgx_extension.left_out = {2}; });
  change("no PCEID", [](auto& r) { r.sgx_extension.left_out = {3}; });
  change("no FMSPC", [](auto& r) { r.sgx_extension.left_out = {4}; });
  change("two of FMSPC", [](auto& r) { r.sgx_extension.given_twice = {4}; });
  change("FMSPC of 5 bytes", [](auto& r) { r.sgx_extension.fmspc.pop_back(); });
  change("PCEID of 3 bytes", [](auto& r) { r.sgx_extension.pce_id += '\0'; });
  change("15 SVNs", [](auto& r) { r.sgx_extension.svns.pop_back(); });
  change("SVN 256", [](auto& r) { r.sgx_extension.svns[3] = 256; });
  change("PCESVN 65536", [](auto& r) { r.sgx_extension.pce_svn = 65536; });
}

void AddCrls(RefusedCaseList& cases) {
  const auto change = [&](const std::string& name, const RecipeChange& what,
                          const ReasonIds& reasons) { cases.Sgx("CRLs: " + name, what, reasons); };
  change("PCK's expired", [](auto& r) { r.pck_crl.until = kEvidenceYesterday; },
         {"pck_crl.expired"});
  change("PCK's of tomorrow", [](auto& r) { r.pck_crl.from = kEvidenceTomorrow; },
         {"pck_crl.not_yet_valid"});
  change("PCK's that never ends", [](auto& r) { r.pck_crl.never_ends = true; },
         {"pck_crl.malformed"});
  change("root's expired", [](auto& r) { r.root_crl.until = kEvidenceYesterday; },
         {"root_ca_crl.expired"});
  change("root's of tomorrow", [](auto& r) { r.root_crl.from = kEvidenceTomorrow; },
         {"root_ca_crl.not_yet_valid"});
  change("PCK's signed by another", [](auto& r) { r.pck_crl.signer = "other"; },
         {"pck_crl.signature"});
  change("root's signed by another", [](auto& r) { r.root_crl.signer = "other"; },
         {"root_ca_crl.signature"});
  change("PCK's of another issuer",
         [](auto& r) { r.pck_crl.issuer_name = "Intel SGX PCK Processor CA"; },
         {"pck_crl.mismatch"});
  cases.Json("CRLs: the root's twice", [](auto& c) { c["pck_crl"] = c["root_ca_crl"]; },
             {"pck_crl.mismatch"});
  cases.Json("CRLs: the PCK's twice", [](auto& c) { c["root_ca_crl"] = c["pck_crl"]; },
             {"root_ca_crl.mismatch"});
  cases.Json("CRLs: exchanged", [](auto& c) { std::swap(c["pck_crl"], c["root_ca_crl"]); },
             {"pck_crl.mismatch", "root_ca_crl.mismatch"});
  cases.Json("CRLs: not DER", [](auto& c) { c["pck_crl"] = "00"; }, {"pck_crl.malformed"});
  cases.Json("CRLs: bytes behind",
             [](auto& c) { c["pck_crl"] = c["pck_crl"].template get<std::string>() + "00"; },
             {"pck_crl.malformed"});
  cases.Json("CRLs: empty", [](auto& c) { c["root_ca_crl"] = ""; }, {"root_ca_crl.malformed"});
  change("issuer chain of another CA",
         [](EvidenceRecipe& r) {
           CertificateRecipe other = r.ca;
           other.key = "other ca";
           r.edit_crl_issuer_chain = [other](auto& c) { c[0] = MakeCertificatePem(other); };
         },
         {"pck_crl_issuer_chain.mismatch"});
  change("issuer chain of TCB signing",
         [](EvidenceRecipe& r) {
           r.edit_crl_issuer_chain = [signing = r.tcb_signing](auto& c) {
             c[0] = MakeCertificatePem(signing);
           };
         },
         {"pck_crl_issuer_chain.name", "pck_crl_issuer_chain.mismatch"});
  change("issuer chain of one",
         [](EvidenceRecipe& r) { r.edit_crl_issuer_chain = [](auto& c) { c.resize(1); }; },
         {"pck_crl_issuer_chain.malformed"});
}

}  // namespace

void AddRefusedCertificates(RefusedCaseList& cases) {
  AddPckChainForms(cases);
  AddPckCertificates(cases);
  AddSgxExtensions(cases);
  AddCrls(cases);
}

}  // namespace sotto
