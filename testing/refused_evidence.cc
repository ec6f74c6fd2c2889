#include "testing/refused_evidence.h"

#include "testing/refused_cases.h"

namespace sotto {

std::vector<RefusedCase> RefusedCases() {
  RefusedCaseList cases;
  AddRefusedQuotes(cases);
  AddRefusedReports(cases);
  AddRefusedCertificates(cases);
  AddRefusedCollateral(cases);
  return cases.Take();
}

}  // namespace sotto
