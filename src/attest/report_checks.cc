#include "attest/report_checks.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "base/strings.h"

namespace sotto {
namespace {

// TDATTRIBUTES (Intel TDX Module Base Architecture Specification, "ATTRIBUTES"): byte 0 is what
// makes a guest untrusted, debugging above all. Of the others SEPT_VE_DISABLE (bit 28), PKS (30),
// KL (31) and PERFMON (63) have a meaning.
constexpr std::array<uint8_t, 8> kKnownTdAttributes = {0xff, 0, 0, 0xd0, 0, 0, 0, 0x80};
constexpr uint8_t kSeptVeDisable = 0x10;  // In byte 3.

bool IsZero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; });
}

void CheckTdReport(const TdReport& report, Reasons& reasons) {
  const std::array<uint8_t, 8>& attributes = report.td_attributes;
  if (attributes[0] != 0) {
    reasons.Add(EvidencePart::kQuote, EvidenceFault::kDebug,
                "the guest can be debugged: its host reads its memory");
  }
  bool known = true;
  for (size_t i = 0; i < attributes.size(); ++i) {
    known = known && (attributes[i] & ~kKnownTdAttributes[i]) == 0;
  }
  if (!known) {
    reasons.Add(EvidencePart::kQuote, EvidenceFault::kAttributes,
                "TDATTRIBUTES have bits whose meaning is not known");
  }
  if ((attributes[3] & kSeptVeDisable) == 0) {
    reasons.Add(EvidencePart::kQuote, EvidenceFault::kAttributes,
                "SEPT_VE_DISABLE is not set: the host can inject exceptions by removing pages");
  }
  if (!IsZero(report.mr_service_td)) {
    reasons.Add(EvidencePart::kQuote, EvidenceFault::kAttributes,
                "a service TD is bound to the guest, and can read it");
  }
}

std::string_view TeeName(TeeKind tee) { return tee == TeeKind::kSgx ? "SGX" : "TDX"; }

// False, with a reason, when collateral is for the other kind of TEE.
bool CheckKind(TeeKind of_collateral, const Quote& quote, EvidencePart part, Reasons& reasons) {
  if (of_collateral == quote.tee()) return true;
  reasons.Add(
      part, EvidenceFault::kMismatch,
      StrCat("it is for ", TeeName(of_collateral), ", the quote is of ", TeeName(quote.tee())));
  return false;
}

void CheckSamePlatform(const TcbInfo& info, const PckExtensions& pck, Reasons& reasons) {
  if (info.fmspc != pck.fmspc) {
    reasons.Add(EvidencePart::kTcbInfo, EvidenceFault::kMismatch,
                StrCat("FMSPC is ", absl::BytesToHexString(info.fmspc), ", the PCK certificate's ",
                       absl::BytesToHexString(pck.fmspc)));
  }
  if (info.pce_id != pck.pce_id) {
    reasons.Add(EvidencePart::kTcbInfo, EvidenceFault::kMismatch,
                StrCat("PCEID is ", absl::BytesToHexString(info.pce_id), ", the PCK certificate's ",
                       absl::BytesToHexString(pck.pce_id)));
  }
}

// The state of the guest's TDX module; that of the platform alone where the module has no version.
std::optional<TcbLevelState> CheckTdxModule(const TcbInfo& info, const TdReport& td,
                                            const TcbLevelState& platform, Reasons& reasons) {
  const TdxModuleIdentity* const module = TdxModuleOf(info, td);
  if (module == nullptr) {
    reasons.Add(EvidencePart::kTdxModule, EvidenceFault::kMismatch,
                StrCat("TCB info has no TDX module of version ", int{td.tee_tcb_svn[1]}));
    return std::nullopt;
  }
  if (AsText(td.mr_signer_seam) != module->mrsigner) {
    reasons.Add(EvidencePart::kTdxModule, EvidenceFault::kMismatch,
                "MRSIGNERSEAM is not that of Intel's TDX module");
  }
  if (!EqualUnderMask(AsText(td.seam_attributes), module->attributes, module->attributes_mask)) {
    reasons.Add(EvidencePart::kTdxModule, EvidenceFault::kAttributes,
                "SEAMATTRIBUTES are not as TCB info says");
  }
  if (module->id.empty()) return platform;
  const std::optional<TcbLevelState> state = StateOfSvn(module->levels, td.tee_tcb_svn[0]);
  if (!state.has_value()) {
    reasons.Add(EvidencePart::kTdxModule, EvidenceFault::kNoLevel,
                StrCat("SVN ", int{td.tee_tcb_svn[0]}, " of the TDX module is below every level"));
    return std::nullopt;
  }
  return MergeLevels(platform, *state);
}

}  // namespace

void CheckReport(const Quote& quote, Reasons& reasons) {
  if (const auto* const td = std::get_if<TdReport>(&quote.body)) {
    CheckTdReport(*td, reasons);
  } else if (std::get<EnclaveReport>(quote.body).debug()) {
    reasons.Add(EvidencePart::kQuote, EvidenceFault::kDebug,
                "the enclave can be debugged: its host reads its memory");
  }
}

std::optional<TcbLevelState> CheckPlatform(const TcbInfo& info, const PckExtensions& pck,
                                           const Quote& quote, Reasons& reasons) {
  const bool same_kind = CheckKind(info.tee, quote, EvidencePart::kTcbInfo, reasons);
  CheckSamePlatform(info, pck, reasons);
  if (!same_kind) return std::nullopt;
  const auto* const td = std::get_if<TdReport>(&quote.body);
  const std::optional<TcbLevelState> state = StateOfPlatform(info, pck, td);
  if (!state.has_value()) {
    reasons.Add(EvidencePart::kTcb, EvidenceFault::kNoLevel,
                "the platform's SVNs are below every level of TCB info");
    return std::nullopt;
  }
  return td == nullptr ? state : CheckTdxModule(info, *td, *state, reasons);
}

std::optional<TcbLevelState> CheckQe(const QeIdentity& identity, const Quote& quote,
                                     Reasons& reasons) {
  if (quote.qe_report.debug()) {
    reasons.Add(EvidencePart::kQeReport, EvidenceFault::kDebug,
                "the quoting enclave can be debugged");
  }
  if (!CheckKind(identity.tee, quote, EvidencePart::kQeIdentity, reasons)) return std::nullopt;
  for (const std::string& difference : DifferencesFrom(identity, quote.qe_report)) {
    reasons.Add(EvidencePart::kQeReport, EvidenceFault::kMismatch, difference);
  }
  std::optional<TcbLevelState> state = StateOfSvn(identity.levels, quote.qe_report.svn);
  if (!state.has_value()) {
    reasons.Add(EvidencePart::kQeReport, EvidenceFault::kNoLevel,
                StrCat("ISVSVN ", quote.qe_report.svn, " is below every level of QE identity"));
  }
  return state;
}

}  // namespace sotto
