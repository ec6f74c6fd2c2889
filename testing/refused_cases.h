// How the lists of refused evidence are written.
#ifndef SOTTO_TESTING_REFUSED_CASES_H_
#define SOTTO_TESTING_REFUSED_CASES_H_

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "testing/refused_evidence.h"
#include "testing/synthetic_evidence.h"

namespace sotto {

using ReasonIds = std::set<std::string>;
using RecipeChange = std::function<void(EvidenceRecipe&)>;

inline constexpr auto kEvidenceYesterday = kEvidenceTime - std::chrono::days(1);
inline constexpr auto kEvidenceTomorrow = kEvidenceTime + std::chrono::days(1);

inline void FlipBit(std::string& bytes, size_t offset, int bit = 0) {
  bytes[offset] = static_cast<char>(bytes[offset] ^ (1 << bit));
}

// A list that grows: who adds a case names what it changes and what must come of it.
class RefusedCaseList {
 public:
  void Sgx(const std::string& name, const RecipeChange& change, const ReasonIds& reasons) {
    Add("SGX 3: " + name, EvidenceRecipe(TeeKind::kSgx, 3), change, reasons);
  }
  void Tdx(int version, bool td15, const std::string& name, const RecipeChange& change,
           const ReasonIds& reasons) {
    Add(StrCat("TDX ", version, ": ", name), EvidenceRecipe(TeeKind::kTdx, version, td15), change,
        reasons);
  }
  void SgxOf(int version, const std::string& name, const RecipeChange& change,
             const ReasonIds& reasons) {
    Add(StrCat("SGX ", version, ": ", name), EvidenceRecipe(TeeKind::kSgx, version), change,
        reasons);
  }
  // A change of the finished quote.
  void Quote(const std::string& name, Edit<std::string> edit, const ReasonIds& reasons) {
    Sgx(
        name, [edit = std::move(edit)](EvidenceRecipe& r) { r.edit_quote = edit; }, reasons);
  }
  void Json(const std::string& name, Edit<EvidenceJson> edit, const ReasonIds& reasons) {
    Sgx(
        name, [edit = std::move(edit)](EvidenceRecipe& r) { r.edit_collateral = edit; }, reasons);
  }
  std::vector<RefusedCase> Take() { return std::move(cases_); }

 private:
  void Add(const std::string& name, EvidenceRecipe recipe, const RecipeChange& change,
           const ReasonIds& reasons) {
    change(recipe);
    cases_.push_back({name, std::move(recipe), reasons});
  }
  std::vector<RefusedCase> cases_;
};

// One for each file of cases.
void AddRefusedQuotes(RefusedCaseList& cases);
void AddRefusedReports(RefusedCaseList& cases);
void AddRefusedCertificates(RefusedCaseList& cases);
void AddRefusedCollateral(RefusedCaseList& cases);

}  // namespace sotto

#endif  // SOTTO_TESTING_REFUSED_CASES_H_
