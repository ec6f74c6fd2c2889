// TCB info, QE identity, and the file that they are in.
#include "absl/strings/str_replace.h"
#include "testing/refused_cases.h"

namespace sotto {
namespace {

void AddTcbInfo(RefusedCaseList& cases) {
  const auto change = [&](const std::string& name, const RecipeChange& what,
                          const ReasonIds& reasons) {
    cases.Sgx("TCB info: " + name, what, reasons);
  };
  const auto field = [&](const std::string& name, const std::string& member,
                         const EvidenceJson& value, const ReasonIds& reasons) {
    change(
        name, [=](EvidenceRecipe& r) { r.tcb_info[member] = value; }, reasons);
  };
  const ReasonIds malformed = {"tcb_info.malformed"}, signature = {"tcb_info.signature"};
  change(
      "changed",
      [](EvidenceRecipe& r) {
        r.edit_tcb_info_text = [](std::string& t) {
          absl::StrReplaceAll({{"Number\":20", "Number\":21"}}, &t);
        };
      },
      signature);
  change(
      "blank added",
      [](EvidenceRecipe& r) { r.edit_tcb_info_text = [](std::string& t) { t += " "; }; },
      signature);
  change(
      "signed by another", [](auto& r) { r.tcb_info_signer = "other"; }, signature);
  change(
      "signed by the PCK", [](auto& r) { r.tcb_info_signer = "pck"; }, signature);
  field("expired", "nextUpdate", "2031-05-10T11:59:59Z", {"tcb_info.expired"});
  field("of the future", "issueDate", "2031-05-10T12:00:01Z", {"tcb_info.not_yet_valid"});
  field("day without a time", "nextUpdate", "2031-05-31", malformed);
  field("date with a zone", "nextUpdate", "2031-05-31T00:00:00+01:00", malformed);
  field("date that is none", "issueDate", "2031-02-30T00:00:00Z", malformed);
  field("version 2", "version", 2, {"tcb_info.unsupported"});
  field("tcbType 1", "tcbType", 1, {"tcb_info.unsupported"});
  field("another id", "id", "XYZ", {"tcb_info.unsupported"});
  field("FMSPC of another platform", "fmspc", "102030405061", {"tcb_info.mismatch"});
  field("PCEID of another platform", "pceId", "0100", {"tcb_info.mismatch"});
  field("FMSPC of 5 bytes", "fmspc", "1020304050", malformed);
  field("no levels", "tcbLevels", EvidenceJson::array(), {"tcb.no_level"});
  field("levels that are none", "tcbLevels", 1, malformed);
  field("evaluation number below the policy's", "tcbEvaluationDataNumber", 19,
        {"policy.evaluation_number"});
  field("evaluation number -1", "tcbEvaluationDataNumber", -1, malformed);
  change(
      "15 components",
      [](auto& r) { r.tcb_info["tcbLevels"][0]["tcb"]["sgxtcbcomponents"].erase(0); }, malformed);
  change(
      "component 256",
      [](auto& r) { r.tcb_info["tcbLevels"][0]["tcb"]["sgxtcbcomponents"][2]["svn"] = 256; },
      malformed);
  change("unknown state", [](auto& r) { r.tcb_info["tcbLevels"][0]["tcbStatus"] = "Fine"; },
         {"tcb_info.unsupported"});
  change("platform below every level", [](auto& r) { r.sgx_extension.svns[15] = 2; },
         {"tcb.no_level"});
  change("PCE below every level", [](auto& r) { r.sgx_extension.pce_svn = 10; }, {"tcb.no_level"});
  change("platform out of date", [](auto& r) { r.sgx_extension.svns[0] = 4; },
         {"policy.tcb_status", "policy.advisory"});
  change("platform revoked", [](auto& r) { r.tcb_info["tcbLevels"][0]["tcbStatus"] = "Revoked"; },
         {"tcb.revoked"});
  change("not JSON",
         [](EvidenceRecipe& r) { r.edit_tcb_info_text = [](std::string& t) { t.pop_back(); }; },
         {"tcb_info.malformed", "tcb_info.signature"});
  change("a byte order mark before it",
         [](EvidenceRecipe& r) {
           r.edit_tcb_info_text = [](std::string& t) { t.insert(0, "\xef\xbb\xbf"); };
         },
         {"tcb_info.malformed", "tcb_info.signature"});
  change(
      "nested too deeply",
      [](auto& r) {
        EvidenceJson deep = 1;
        for (int i = 0; i < 70; ++i) deep = EvidenceJson::array({deep});
        r.tcb_info["deep"] = deep;
      },
      malformed);
  cases.Json("TCB info: issuer chain of one certificate",
             [](auto& c) {
               const std::string pem = c["tcb_info_issuer_chain"];
               c["tcb_info_issuer_chain"] = pem.substr(0, pem.find("-----BEGIN", 1));
             },
             {"tcb_info_issuer_chain.malformed"});
  cases.Json("TCB info: that of the QE", [](auto& c) { c["tcb_info"] = c["qe_identity"]; },
             {"tcb_info.malformed", "tcb_info.signature"});
}

void AddQeIdentity(RefusedCaseList& cases) {
  const auto change = [&](const std::string& name, const RecipeChange& what,
                          const ReasonIds& reasons) {
    cases.Sgx("QE identity: " + name, what, reasons);
  };
  const auto field = [&](const std::string& name, const std::string& member,
                         const EvidenceJson& value, const ReasonIds& reasons) {
    change(
        name, [=](EvidenceRecipe& r) { r.qe_identity[member] = value; }, reasons);
  };
  const ReasonIds mismatch = {"qe_report.mismatch"};
  change("changed",
         [](EvidenceRecipe& r) {
           r.edit_qe_identity_text = [](std::string& t) {
             absl::StrReplaceAll({{"Number\":20", "Number\":21"}}, &t);
           };
         },
         {"qe_identity.signature"});
  change("signed by another", [](auto& r) { r.qe_identity_signer = "other"; },
         {"qe_identity.signature"});
  field("expired", "nextUpdate", "2031-05-10T11:59:59Z", {"qe_identity.expired"});
  field("of the future", "issueDate", "2031-05-10T12:00:01Z", {"qe_identity.not_yet_valid"});
  field("of the verifying enclave", "id", "QVE", {"qe_identity.unsupported"});
  field("version 1", "version", 1, {"qe_identity.unsupported"});
  field("of TDX", "id", "TD_QE", {"qe_identity.mismatch"});
  field("evaluation number below the policy's", "tcbEvaluationDataNumber", 19,
        {"policy.evaluation_number"});
  field("MRSIGNER of 31 bytes", "mrsigner", std::string(62, '0'), {"qe_identity.malformed"});
  change("issuer of its own, expired",
         [](EvidenceRecipe& r) {
           CertificateRecipe own = r.tcb_signing;
           own.until = kEvidenceYesterday;
           r.edit_qe_identity_chain = [own](auto& c) { c[0] = MakeCertificatePem(own); };
         },
         {"qe_identity_issuer_chain.expired"});
  change("issuer of its own, with another key",
         [](EvidenceRecipe& r) {
           CertificateRecipe own = r.tcb_signing;
           own.key = "other";
           r.edit_qe_identity_chain = [own](auto& c) { c[0] = MakeCertificatePem(own); };
         },
         {"qe_identity.signature"});
  field("product 65536", "isvprodid", 65536, {"qe_identity.malformed"});
  field("no mask", "attributesMask", nullptr, {"qe_identity.malformed"});
  change(
      "MRSIGNER of another", [](auto& r) { r.qe_report[kSgxMrsigner] = 1; }, mismatch);
  change(
      "another product", [](auto& r) { r.qe_report[kSgxProduct] = 2; }, mismatch);
  change(
      "MISCSELECT", [](auto& r) { r.qe_report[kSgxMiscSelect] = 1; }, mismatch);
  change(
      "ATTRIBUTES", [](auto& r) { r.qe_report[kSgxAttributes + 1] = 1; }, mismatch);
  change("QE for debugging", [](auto& r) { FlipBit(r.qe_report, kSgxAttributes, 1); },
         {"qe_report.debug"});
  change("QE below every level", [](auto& r) { r.qe_report[kSgxSvn] = 5; }, {"qe_report.no_level"});
  change("QE out of date", [](auto& r) { r.qe_report[kSgxSvn] = 7; }, {"policy.tcb_status"});
  change("QE revoked", [](auto& r) { r.qe_identity["tcbLevels"][0]["tcbStatus"] = "Revoked"; },
         {"tcb.revoked"});
}

void AddCollateralForms(RefusedCaseList& cases) {
  const ReasonIds malformed = {"collateral.malformed"};
  const auto text = [&](const std::string& name, Edit<std::string> edit) {
    cases.Sgx(
        "collateral: " + name,
        [edit = std::move(edit)](EvidenceRecipe& r) { r.edit_collateral_text = edit; }, malformed);
  };
  text("empty", [](std::string& t) { t.clear(); });
  text("not JSON", [](std::string& t) { t.pop_back(); });
  text("a byte order mark before it", [](std::string& t) { t.insert(0, "\xef\xbb\xbf"); });
  text("an array", [](std::string& t) { t = "[" + t + "]"; });
  text("nested too deeply", [](std::string& t) { t = std::string(100000, '['); });
  text("a member twice", [](std::string& t) { t.insert(1, "\"pck_crl\":\"\","); });
  for (const char* member : {"pck_crl_issuer_chain", "root_ca_crl", "tcb_info",
                             "tcb_info_signature", "qe_identity_issuer_chain"}) {
    cases.Json(
        StrCat("collateral without ", member), [=](auto& c) { c.erase(member); }, malformed);
    cases.Json(
        StrCat("collateral with a number for ", member), [=](auto& c) { c[member] = 1; },
        malformed);
  }
  cases.Json(
      "collateral with an unknown member", [](auto& c) { c["pck_crI"] = ""; }, malformed);
  cases.Json(
      "collateral: upper-case digits",
      [](auto& c) {
        const std::string crl = c["pck_crl"];
        c["pck_crl"] = absl::StrReplaceAll(crl, {{"a", "A"}});
      },
      malformed);
  cases.Json(
      "collateral: an odd number of digits", [](auto& c) { c["pck_crl"] = "300"; }, malformed);
  cases.Json(
      "collateral: signature of 63 bytes",
      [](auto& c) { c["tcb_info_signature"] = std::string(126, '0'); }, malformed);
}

}  // namespace

void AddRefusedCollateral(RefusedCaseList& cases) {
  AddTcbInfo(cases);
  AddQeIdentity(cases);
  AddCollateralForms(cases);
}

}  // namespace sotto
