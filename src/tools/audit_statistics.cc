// Attacks that look at distributions.
#include <algorithm>
#include <array>
#include <cmath>

#include "tools/audit_attacks.h"

namespace sotto {
namespace {

// Of a standard normal variable: exceeded with probability 2e-9; there are a few dozen.
constexpr double kSixSigma = 6.0;

double Centred(uint32_t word) { return static_cast<double>(static_cast<int32_t>(word)); }

struct Correlation {
  double xx = 0, yy = 0, xy = 0, x = 0, y = 0, n = 0;
  void Add(double a, double b) { xx += a * a, yy += b * b, xy += a * b, x += a, y += b, n += 1; }
  // Of the hypothesis that there is none, in standard deviations.
  double Sigmas() const {
    const double variance = (xx - x * x / n) * (yy - y * y / n);
    return n < 3 || variance <= 0 ? 0 : (xy - x * y / n) / std::sqrt(variance) * std::sqrt(n);
  }
};

double Larger(double a, double b) { return std::abs(a) > std::abs(b) ? a : b; }

double MeanMagnitude(std::span<const uint32_t> words) {
  double sum = 0;
  for (uint32_t word : words) sum += std::abs(Centred(word));
  return sum / static_cast<double>(words.size());
}

}  // namespace

AuditFinding AttackUniformity(const View& view, const AuditSubject&) {
  std::array<std::array<double, 256>, 4> counts{};
  double n = 0;
  for (const SentMessage* message : view) {
    if (message->from_seed) continue;  // Its words are the cipher's, not ours.
    const auto words = message->words.view();
    for (size_t i = 0; i < words.size(); ++i) {
      for (int b = 0; b < 4; ++b) counts[b][words.data()[i] >> (8 * b) & 0xff] += 1;
    }
    n += static_cast<double>(words.size());
  }
  double worst = 0;
  for (const auto& position : counts) {
    double chi_square = 0;
    const double expected = n / 256;
    for (double count : position) chi_square += (count - expected) * (count - expected) / expected;
    // 255 degrees of freedom: mean 255, variance 510; Wilson and Hilferty's cube root is normal.
    const double cube = std::cbrt(chi_square / 255), k = 2.0 / (9 * 255);
    if (n > 0) worst = Larger(worst, (cube - (1 - k)) / std::sqrt(k));
  }
  return {.statistic = worst, .threshold = kSixSigma};
}

AuditFinding AttackSerialCorrelation(const View& view, const AuditSubject&) {
  Correlation beside, below;
  for (const SentMessage* message : view) {
    if (message->from_seed) continue;
    const auto words = message->words.view();
    for (size_t r = 0; r < words.rows(); ++r) {
      for (size_t i = 0; i < words.cols(); ++i) {
        if (i + 1 < words.cols()) beside.Add(Centred(words(r, i)), Centred(words(r, i + 1)));
        if (r + 1 < words.rows()) below.Add(Centred(words(r, i)), Centred(words(r + 1, i)));
      }
    }
  }
  return {.statistic = Larger(beside.Sigmas(), below.Sigmas()), .threshold = kSixSigma};
}

AuditFinding AttackMagnitude(const View& view, const AuditSubject& subject) {
  const size_t columns = subject.vocabulary.cols();
  Correlation rows, outliers;
  std::vector<double> sent(columns), truth(columns);
  for (const KnownRow& row : FirstLayerRows(view, subject)) {
    const int32_t* x = subject.vocabulary.view().row(static_cast<size_t>(row.token));
    double magnitude = 0;
    for (size_t i = 0; i < columns; ++i) {
      magnitude += std::abs(static_cast<double>(x[i]));
      truth[i] += std::abs(static_cast<double>(x[i]));
      sent[i] += std::abs(Centred(row.words[i]));
    }
    rows.Add(MeanMagnitude(row.words), magnitude);
  }
  for (size_t i = 0; i < columns; ++i) outliers.Add(sent[i], truth[i]);
  return {.statistic = Larger(rows.Sigmas(), outliers.Sigmas()), .threshold = kSixSigma};
}

}  // namespace sotto
