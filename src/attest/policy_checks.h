// Whether what a quote says is what a policy accepts.
#ifndef SOTTO_ATTEST_POLICY_CHECKS_H_
#define SOTTO_ATTEST_POLICY_CHECKS_H_

#include <optional>
#include <string>

#include "attest/reasons.h"
#include "sotto/attestation.h"

namespace sotto {

// Adds a reason for every rule that `verdict` does not meet (its own reasons are not looked at).
// What it does not have, since the quote was not understood, meets no rule.
void CheckPolicy(const AttestationPolicy& policy, const std::optional<std::string>& report_data,
                 const Verdict& verdict, Reasons& reasons);

}  // namespace sotto

#endif  // SOTTO_ATTEST_POLICY_CHECKS_H_
