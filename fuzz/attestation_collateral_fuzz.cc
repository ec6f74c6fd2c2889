// A collateral file, and TCB info and QE identity, which are JSON inside it or by themselves.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attest/certificates.h"
#include "attest/collateral.h"
#include "attest/qe_identity.h"
#include "attest/quote.h"
#include "attest/tcb_info.h"
#include "base/check.h"
#include "sotto/attestation.h"

namespace {

void ParseSigned(std::string_view text) {
  const auto tcb_info = sotto::ParseTcbInfo(text);
  if (tcb_info.ok()) {
    SOTTO_CHECK(tcb_info->fmspc.size() == 6 && tcb_info->pce_id.size() == 2);
    // A platform of the highest versions reaches the first level, if there is one.
    sotto::PckExtensions best;
    best.svns.fill(255);
    best.pce_svn = 65535;
    sotto::TdReport td;
    td.tee_tcb_svn.fill(255);
    const bool tdx = tcb_info->tee == sotto::TeeKind::kTdx;
    const auto state = sotto::StateOfPlatform(*tcb_info, best, tdx ? &td : nullptr);
    SOTTO_CHECK(state.has_value() != tcb_info->levels.empty());
    if (tdx) sotto::TdxModuleOf(*tcb_info, td);
  }
  const auto identity = sotto::ParseQeIdentity(text);
  if (identity.ok()) {
    SOTTO_CHECK(identity->mrsigner.size() == 32 && identity->attributes_mask.size() == 16);
    SOTTO_CHECK(sotto::StateOfSvn(identity->levels, 65535).has_value() != identity->levels.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ParseSigned(text);
  const auto collateral = sotto::ParseCollateral(text);
  if (collateral.ok()) {
    ParseSigned(collateral->tcb_info.text);
    ParseSigned(collateral->qe_identity.text);
    sotto::ReadCrl(collateral->pck_crl).IgnoreError();
  }
  SOTTO_CHECK(!sotto::VerifyQuote("", text, {}, {.at = {}}).accepted());
  return 0;
}
