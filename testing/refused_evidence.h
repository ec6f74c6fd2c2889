// Evidence that must be refused, each for its own reasons.
#ifndef SOTTO_TESTING_REFUSED_EVIDENCE_H_
#define SOTTO_TESTING_REFUSED_EVIDENCE_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "testing/synthetic_evidence.h"

namespace sotto {

struct RefusedCase {
  std::string name;
  EvidenceRecipe recipe;
  std::set<std::string> reasons;  // Exactly these, by ReasonId().
};

// What is wrong with quotes, certificates, CRLs, TCB info, QE identity, platforms and files, under
// a policy that accepts the rest.
std::vector<RefusedCase> RefusedCases();

}  // namespace sotto

#endif  // SOTTO_TESTING_REFUSED_EVIDENCE_H_
