// Quotes whose reports say what must not be accepted.
#include "testing/refused_cases.h"

namespace sotto {
namespace {

void AddGuestsOf(int version, bool td15, RefusedCaseList& cases) {
  const auto change = [&](const std::string& name, const RecipeChange& what,
                          const ReasonIds& reasons) {
    cases.Tdx(version, td15, StrCat(td15 ? "1.5: " : "1.0: ", name), what, reasons);
  };
  const ReasonIds attributes = {"quote.attributes"};
  change("changed",
         [=](EvidenceRecipe& r) { r.edit_quote = [](std::string& q) { FlipBit(q, 48 + 300); }; },
         {"quote.signature"});
  change("debugging", [](auto& r) { FlipBit(r.report, kTdxAttributes, 0); }, {"quote.debug"});
  change("profiling", [](auto& r) { FlipBit(r.report, kTdxAttributes, 4); }, {"quote.debug"});
  change(
      "unknown attribute", [](auto& r) { FlipBit(r.report, kTdxAttributes + 1); }, attributes);
  change(
      "unknown attribute of the upper half", [](auto& r) { FlipBit(r.report, kTdxAttributes + 5); },
      attributes);
  change(
      "injected exceptions", [](auto& r) { FlipBit(r.report, kTdxAttributes + 3, 4); }, attributes);
  change("TDX module of another signer", [](auto& r) { FlipBit(r.report, kTdxSignerSeam); },
         {"tdx_module.mismatch"});
  change("SEAMATTRIBUTES", [](auto& r) { FlipBit(r.report, kTdxSeamAttributes); },
         {"tdx_module.attributes"});
  change("TDX module of no known version", [](auto& r) { r.report[kTdxTcbSvn + 1] = 9; },
         {"tdx_module.mismatch"});
  change("TDX module below every level", [](auto& r) { r.report[kTdxTcbSvn] = 1; },
         {"tdx_module.no_level"});
  change("TDX module out of date", [](auto& r) { r.report[kTdxTcbSvn] = 3; },
         {"policy.tcb_status"});
  change("TDX module revoked",
         [](auto& r) {
           r.tcb_info["tdxModuleIdentities"][0]["tcbLevels"][0]["tcbStatus"] = "Revoked";
         },
         {"tcb.revoked"});
  change("unversioned TDX module below every level",
         [](auto& r) { r.report.replace(kTdxTcbSvn, 2, std::string("\x01\0", 2)); },
         {"tcb.no_level"});
  change("TDX component below every level", [](auto& r) { r.report[kTdxTcbSvn + 7] = 1; },
         {"tcb.no_level"});
  change("TCB info of SGX", [](auto& r) { r.tcb_info = EvidenceRecipe(TeeKind::kSgx, 3).tcb_info; },
         {"tcb_info.mismatch"});
  change("QE identity of SGX", [](auto& r) { r.qe_identity["id"] = "QE"; },
         {"qe_identity.mismatch"});
  change("no TDX module in TCB info", [](auto& r) { r.tcb_info.erase("tdxModule"); },
         {"tcb_info.malformed"});
}

void AddGuests(RefusedCaseList& cases) {
  AddGuestsOf(4, false, cases);
  AddGuestsOf(5, false, cases);
  AddGuestsOf(5, true, cases);
  cases.Tdx(5, true, "1.5: service TD", [](auto& r) { r.report[kTdxServiceTd + 47] = 1; },
            {"quote.attributes"});
  cases.Sgx("TCB info of TDX",
            [](auto& r) { r.tcb_info = EvidenceRecipe(TeeKind::kTdx, 4).tcb_info; },
            {"tcb_info.mismatch"});
}

void AddCode(RefusedCaseList& cases) {
  for (const int version : {3, 4, 5}) {
    const auto change = [&](const std::string& name, const RecipeChange& what,
                            const ReasonIds& reasons) {
      cases.SgxOf(version, name, what, reasons);
    };
    change("enclave for debugging", [](auto& r) { FlipBit(r.report, kSgxAttributes, 1); },
           {"quote.debug"});
    change("another MRENCLAVE", [](auto& r) { FlipBit(r.report, kSgxMrenclave); },
           {"policy.mrenclave"});
    change("another MRSIGNER", [](auto& r) { FlipBit(r.report, kSgxMrsigner); },
           {"policy.mrsigner"});
    change("another product", [](auto& r) { r.report[kSgxProduct] = 8; }, {"policy.product"});
    change("SVN below the policy's", [](auto& r) { r.report[kSgxSvn] = 2; }, {"policy.svn"});
    change("other report data", [](auto& r) { FlipBit(r.report, kSgxReportData + 63, 7); },
           {"policy.report_data"});
  }
  cases.Tdx(4, false, "another MRTD", [](auto& r) { FlipBit(r.report, kTdxMrtd); },
            {"policy.mrtd"});
  for (size_t i = 0; i < 4; ++i) {
    cases.Tdx(5, true, StrCat("another RTMR", i),
              [=](auto& r) { FlipBit(r.report, kTdxRtmr0 + 48 * i); }, {"policy.rtmr"});
  }
  cases.Tdx(5, true, "other report data", [](auto& r) { FlipBit(r.report, kTdxReportData); },
            {"policy.report_data"});
}

}  // namespace

void AddRefusedReports(RefusedCaseList& cases) {
  AddGuests(cases);
  AddCode(cases);
}

}  // namespace sotto
