// VerifyQuote (sotto/attestation.h) for who verifies again and again with the same certificates.
#ifndef SOTTO_ATTEST_VERIFY_H_
#define SOTTO_ATTEST_VERIFY_H_

#include <string_view>

#include "attest/certificates.h"
#include "sotto/attestation.h"

namespace sotto {

// As VerifyQuote. Certificates that `chains` has read before are not decoded again; everything else
// is read and checked each time, the chains themselves among it.
Verdict CheckQuoteWith(ChainReader& chains, std::string_view quote, std::string_view collateral,
                       const AttestationPolicy& policy, const VerifyQuoteOptions& options);

}  // namespace sotto

#endif  // SOTTO_ATTEST_VERIFY_H_
