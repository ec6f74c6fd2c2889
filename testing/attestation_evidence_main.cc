// Writes quotes, collateral and roots into a directory, and a JSON line for each on standard
// output: what they are, and Sotto's verdict. For tests/reference_verifier_test.py.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "base/check.h"
#include "base/file.h"
#include "base/strings.h"
#include "testing/refused_evidence.h"
#include "testing/synthetic_evidence.h"

namespace sotto {
namespace {

void WriteCase(const std::string& dir, size_t index, const std::string& name,
               const EvidenceRecipe& recipe) {
  const SyntheticEvidence evidence = MakeEvidence(recipe);
  const std::string stem = StrCat(dir, "/", index);
  for (const auto& [suffix, bytes] : {std::pair{".quote", &evidence.quote},
                                      {".json", &evidence.collateral},
                                      {".root", &evidence.root_pem}}) {
    SOTTO_CHECK(WriteFileAtomically(stem + suffix, *bytes).ok());
  }
  const Verdict verdict = VerifySynthetic(evidence, SyntheticPolicy());
  EvidenceJson line = {{"name", name},
                       {"sgx", recipe.tee == TeeKind::kSgx},
                       {"version", recipe.version},
                       {"stem", stem},
                       {"at", kEvidenceTime.time_since_epoch().count()},
                       {"genuine", verdict.genuine()},
                       {"advisories", verdict.advisories},
                       {"status", nullptr}};
  if (verdict.tcb_status) line["status"] = TcbStatusName(*verdict.tcb_status);
  std::printf("%s\n", line.dump().c_str());
}

void WriteCases(const std::string& dir) {
  size_t index = 0;
  for (const auto& [tee, version, td15] : {std::tuple{TeeKind::kSgx, 3, false},
                                           {TeeKind::kTdx, 4, false},
                                           {TeeKind::kTdx, 5, false},
                                           {TeeKind::kTdx, 5, true}}) {
    WriteCase(dir, index++, StrCat("good ", version, td15 ? " of 1.5" : ""),
              EvidenceRecipe(tee, version, td15));
  }
  for (const RefusedCase& c : RefusedCases()) WriteCase(dir, index++, c.name, c.recipe);
}

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s DIR\n", argv[0]), 2;
  sotto::WriteCases(argv[1]);
  return 0;
}
