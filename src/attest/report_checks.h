// What reports must say of code and platform, whatever the policy.
#ifndef SOTTO_ATTEST_REPORT_CHECKS_H_
#define SOTTO_ATTEST_REPORT_CHECKS_H_

#include <optional>

#include "attest/pck_extensions.h"
#include "attest/qe_identity.h"
#include "attest/quote.h"
#include "attest/reasons.h"
#include "attest/tcb_info.h"

namespace sotto {

// The quote's own report: no debugging; of a guest, no attribute whose meaning is not known, no
// exceptions that its host may inject (SEPT_VE_DISABLE), no service TD.
void CheckReport(const Quote& quote, Reasons& reasons);

// The platform against TCB info: of the same kind, for this FMSPC and PCEID, and for a guest by a
// TDX module of Intel's. Its level's state, merged with the module's; none, with a reason, if no
// level fits.
std::optional<TcbLevelState> CheckPlatform(const TcbInfo& info, const PckExtensions& pck,
                                           const Quote& quote, Reasons& reasons);

// The quoting enclave's report against its identity. The state of its level, likewise.
std::optional<TcbLevelState> CheckQe(const QeIdentity& identity, const Quote& quote,
                                     Reasons& reasons);

}  // namespace sotto

#endif  // SOTTO_ATTEST_REPORT_CHECKS_H_
