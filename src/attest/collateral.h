// A collateral file: what Intel says of a platform, in one JSON object, as Phala's DCAP quote
// verification library (dcap-qvl) writes it.
#ifndef SOTTO_ATTEST_COLLATERAL_H_
#define SOTTO_ATTEST_COLLATERAL_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

// TCB info or QE identity: JSON, signed byte for byte.
struct SignedJson {
  std::string text;
  std::string signature;  // r and s, 64 bytes.
  std::string issuer_chain_pem;
};

struct Collateral {
  std::string root_ca_crl, pck_crl;  // DER.
  std::string pck_crl_issuer_chain_pem;
  std::string pck_chain_pem;  // A copy of the quote's; empty if the file has none.
  SignedJson tcb_info, qe_identity;
};

// INVALID_ARGUMENT naming the member that is missing or of another form; unknown ones are refused,
// for a misspelt one must not pass unseen.
absl::StatusOr<Collateral> ParseCollateral(std::string_view json);

}  // namespace sotto

#endif  // SOTTO_ATTEST_COLLATERAL_H_
