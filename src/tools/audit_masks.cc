// Attacks that look for what is wrong with the masks.
#include <algorithm>
#include <set>

#include "protocol/keystream.h"
#include "tools/audit_attacks.h"
#include "tools/audit_gf2.h"

namespace sotto {
namespace {

// Words of a row looked at: chance makes all of them small once in 2^(14 * 12).
constexpr size_t kProbe = 12;

// Differences of two quantised rows are below 2^17; of two uniform words, once in 2^14.
bool IsSmall(uint32_t word) { return word + (1u << 17) < (1u << 18); }

bool SmallDifference(const uint32_t* a, const uint32_t* b, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if (!IsSmall(a[i] - b[i])) return false;
  }
  return true;
}

// Found by a count of one or more.
AuditFinding Count(size_t found) {
  return {.statistic = static_cast<double>(found), .threshold = 1};
}

}  // namespace

AuditFinding AttackRepeatedMasks(const View& view, const AuditSubject&) {
  size_t found = 0;
  std::set<Seed> seeds;
  for (const SentMessage* message : view) {
    if (message->from_seed && !seeds.insert(message->seed).second) ++found;
    const auto words = message->words.view();
    const size_t n = std::min(kProbe, words.cols());
    for (size_t r = 1; r < words.rows(); ++r) {
      for (size_t q = 0; q < r; ++q) found += SmallDifference(words.row(r), words.row(q), n);
    }
  }
  return Count(found);
}

AuditFinding AttackPadReuse(const View& view, const AuditSubject&) {
  size_t found = 0;
  for (size_t i = 0; i < view.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const size_t n = std::min({kProbe, view[i]->words.cols(), view[j]->words.cols()});
      const uint32_t *a = view[i]->words.view().data(), *b = view[j]->words.view().data();
      // A share's mask may have been shown to the same server as a seed, with either sign.
      std::vector<uint32_t> sum(a, a + n);
      for (size_t k = 0; k < n; ++k) sum[k] += b[k];
      const std::vector<uint32_t> zero(n, 0);
      found += SmallDifference(a, b, n) || SmallDifference(sum.data(), zero.data(), n);
    }
  }
  return Count(found);
}

// arXiv 2602.11088: masks from a basis of k dimensions fall to k + delta known inputs. Modulo 2 a
// combination of k vectors has rank k at most, whatever the coefficients.
AuditFinding AttackStaticBasis(const View& view, const AuditSubject& subject) {
  const size_t columns = subject.vocabulary.cols();
  Gf2Basis basis(columns);
  size_t rows = 0;
  for (const KnownRow& row : FirstLayerRows(view, subject)) {
    // So far below full that chance loses no dimension.
    if (rows + 40 > columns) break;
    const int32_t* x = subject.vocabulary.view().row(static_cast<size_t>(row.token));
    std::vector<uint32_t> mask(row.words.begin(), row.words.end());
    for (size_t i = 0; i < columns; ++i) mask[i] -= static_cast<uint32_t>(x[i]);
    basis.Add(mask);
    ++rows;
  }
  return Count(rows - basis.rank());
}

AuditFinding AttackSeedSearch(const View& view, const AuditSubject&) {
  size_t found = 0;
  const auto message = std::find_if(
      view.begin(), view.end(), [](const SentMessage* m) { return !m->from_seed && !m->relayed; });
  if (message == view.end()) return Count(0);
  const uint32_t* sent = (*message)->words.view().data();
  const size_t n = std::min(kProbe, (*message)->words.cols());
  std::vector<uint32_t> mask(n), zero(n, 0), sum(n);
  for (uint32_t guess = 0; guess < (1u << 16); ++guess) {
    Seed seed{};
    seed[0] = static_cast<uint8_t>(guess);
    seed[1] = static_cast<uint8_t>(guess >> 8);
    ExpandSeed(seed, 0, mask);
    for (size_t i = 0; i < n; ++i) sum[i] = sent[i] + mask[i];
    found += SmallDifference(sent, mask.data(), n) || SmallDifference(sum.data(), zero.data(), n);
  }
  return Count(found);
}

}  // namespace sotto
