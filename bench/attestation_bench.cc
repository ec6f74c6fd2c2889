// One verification: parsing, four certificate chains, two CRLs, and all signatures.
#include <benchmark/benchmark.h>

#include "base/check.h"
#include "testing/synthetic_evidence.h"

namespace sotto {
namespace {

void BM_VerifyQuote(benchmark::State& state) {
  const auto version = static_cast<int>(state.range(0));
  const TeeKind tee = version == 3 ? TeeKind::kSgx : TeeKind::kTdx;
  const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(tee, version));
  const AttestationPolicy policy = SyntheticPolicy();
  for (auto _ : state) SOTTO_CHECK(VerifySynthetic(evidence, policy).accepted());
}
BENCHMARK(BM_VerifyQuote)
    ->ArgName("version")
    ->Arg(3)
    ->Arg(4)
    ->Arg(5)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sotto
