// Attacks that recover the prompt's tokens.
#include <algorithm>
#include <cmath>
#include <set>

#include "tools/audit_attacks.h"
#include "tools/audit_gf2.h"

namespace sotto {
namespace {

// Multiply-adds that the search for nearest vectors may take.
constexpr double kMaxSearch = 2e10;

double Cosine(std::span<const uint32_t> words, const int32_t* x) {
  double dot = 0, ww = 0, xx = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const double w = static_cast<double>(static_cast<int32_t>(words[i]));
    dot += w * x[i], ww += w * w, xx += static_cast<double>(x[i]) * x[i];
  }
  return ww > 0 && xx > 0 ? dot / std::sqrt(ww * xx) : 0;
}

int32_t NearestToken(std::span<const uint32_t> words, const Matrix<int32_t>& vocabulary) {
  double best = -2;
  size_t nearest = 0;
  for (size_t v = 0; v < vocabulary.rows(); ++v) {
    const double cosine = Cosine(words, vocabulary.view().row(v));
    if (cosine > best) best = cosine, nearest = v;
  }
  return static_cast<int32_t>(nearest);
}

}  // namespace

std::vector<KnownRow> FirstLayerRows(const View& view, const AuditSubject& subject) {
  std::vector<KnownRow> rows;
  size_t position = 0;
  for (const SentMessage* message : view) {
    if (message->relayed || !(message->layer == LinearLayer{LinearKind::kQkv, 0})) continue;
    const auto words = message->words.view();
    for (size_t r = 0; r < words.rows(); ++r, ++position) {
      // Rows beyond the prompt are padding.
      if (position >= subject.tokens.size()) return rows;
      rows.push_back({{words.row(r), words.cols()}, subject.tokens[position]});
    }
  }
  return rows;
}

// Mixing rows, U = A H, keeps their span: with public weights, test every vocabulary vector.
AuditFinding AttackRowSpace(const View& view, const AuditSubject& subject) {
  const size_t columns = subject.vocabulary.cols();
  std::set<int32_t> prompt;
  for (int32_t token : subject.tokens) {
    // The zero vector is in every span.
    const int32_t* x = subject.vocabulary.view().row(static_cast<size_t>(token));
    if (std::any_of(x, x + columns, [](int32_t v) { return v & 1; })) prompt.insert(token);
  }
  size_t recovered = 0;
  for (const SentMessage* message : view) {
    if (message->relayed || !(message->layer == LinearLayer{LinearKind::kQkv, 0})) continue;
    const auto words = message->words.view();
    // Above that, everything is in the span of random rows too.
    if (words.rows() + 40 > columns) continue;
    Gf2Basis basis(columns);
    for (size_t r = 0; r < words.rows(); ++r) basis.Add({words.row(r), columns});
    for (int32_t token : prompt) {
      const int32_t* x = subject.vocabulary.view().row(static_cast<size_t>(token));
      recovered += basis.Contains({reinterpret_cast<const uint32_t*>(x), columns});
    }
  }
  return {.statistic = static_cast<double>(recovered), .threshold = 1};
}

AuditFinding AttackNearestEmbedding(const View& view, const AuditSubject& subject) {
  std::vector<KnownRow> rows = FirstLayerRows(view, subject);
  const double per_row = static_cast<double>(subject.vocabulary.rows()) *
                         static_cast<double>(subject.vocabulary.cols());
  rows.resize(std::min(rows.size(), static_cast<size_t>(1 + kMaxSearch / per_row)));
  size_t recovered = 0;
  for (const KnownRow& row : rows) {
    recovered += NearestToken(row.words, subject.vocabulary) == row.token;
  }
  // Guessing finds a row's token with probability 1 / vocabulary; a Poisson variable of mean m
  // exceeds 3 m + 10 less often than once in 10^7.
  const double by_chance =
      static_cast<double>(rows.size()) / static_cast<double>(subject.vocabulary.rows());
  return {.statistic = static_cast<double>(recovered), .threshold = 3 * by_chance + 10};
}

}  // namespace sotto
