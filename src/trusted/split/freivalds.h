// Verification of the accelerators' answers (R. Freivalds, "Fast probabilistic algorithms", 1979;
// for neural networks Tramer and Boneh, "Slalom", 2019), over F_p with p = 2^61 - 1.
//
// With s uniform in F_p^n_out, secret and fixed before any answer is seen, and u = Wq^T s computed
// here from our own read of the weights, an answer Y to the quantised row Xq is taken only if
//     Y . s == Xq . u   (mod p).
//
// Soundness. Y and the true product T = Wq Xq are int32 vectors: T because A * ||Wq_j||_1 < 2^31
// bounds every entry (model/quantized_weights.h), Y because 32-bit words, once unblinded, are read
// as int32. So D = Y - T has |D_j| < 2^32 < p, and D != 0 over Z implies D != 0 over F_p. The check
// passes when D . s = 0, a hyperplane of F_p^n_out: with probability exactly 1 / p < 2^-60 over s.
// There is no further range to check: a wrong lift is a wrong Y. (Modulo 2^32 the same check would
// be worthless: D = 2^31 e_j passes whenever s_j is even.)
// One s serves many rows, layers and exchanges: answers that pass are, but for this probability,
// the true ones and tell nothing about s; the first that fails ends the session, and s with it. An
// adversary who may try q rows therefore succeeds with probability at most q / p.
//
// What is secret: s, u, and every sum before the comparison. All arithmetic on them and on the
// data is constant-time; only the outcome of the comparison is acted on.
#ifndef SOTTO_TRUSTED_SPLIT_FREIVALDS_H_
#define SOTTO_TRUSTED_SPLIT_FREIVALDS_H_

#include <cstdint>
#include <span>

#include "base/matrix.h"
#include "base/secret_buffer.h"
#include "trusted/split/drbg.h"

namespace sotto {

// s: one vector, whose first n_out entries serve a layer of n_out outputs. Immutable and so
// thread-safe once made.
class FreivaldsSecret {
 public:
  // Uniform in F_p^max_n_out, by rejection.
  FreivaldsSecret(size_t max_n_out, Drbg& drbg);
  // [max_n_out], each in [0, p).
  std::span<const uint64_t> values() const;

 private:
  SecretBuffer values_;
};

// What checking one layer takes. Sums are kept offset, as field_dot.h makes them. Thread-safe once
// built. Refers to the secret, which outlives it.
class FreivaldsKey {
 public:
  FreivaldsKey(const FreivaldsSecret& secret, size_t n_in, size_t n_out);

  // Adds rows [first, first + wq.rows()) of the layer's weights, [rows, n_in], of at most 12 bits;
  // each row once, in any order. Then Finish() once. One caller at a time.
  void AddWeightRows(size_t first, ConstMatrixView<int16_t> wq);
  void Finish();

  // What the parts of a true answer to xq[n_in] add up to: Xq . u + 2^31 sum_j s_j.
  uint64_t ExpectedSum(std::span<const int32_t> xq) const;
  // sum_j (Y_j + 2^31) s_j over columns [first, first + y.size()) of an answer's row: all of them,
  // joined with FieldAdd, are to equal ExpectedSum.
  uint64_t OutputPart(size_t first, std::span<const int32_t> y) const;

  size_t n_in() const { return n_in_; }
  size_t n_out() const { return n_out_; }

 private:
  std::span<const uint64_t> u() const;
  // Adds to u what the sums hold, and empties them.
  void Fold();

  std::span<const uint64_t> s_;  // [n_out]
  size_t n_in_, n_out_;
  SecretBuffer u_;     // [n_in] of uint64_t
  SecretBuffer sums_;  // While building: [2 * n_in] of int64_t.
  size_t rows_in_sums_ = 0;
  uint64_t offset_ = 0;  // 2^31 (sum_j s_j - sum_i u_i): OffsetFieldDot adds it to each side.
};

// All ones when a == b, else zero, without a branch: outcomes of many rows are ANDed before one
// decision is taken.
inline uint64_t EqualMask(uint64_t a, uint64_t b) {
  const uint64_t difference = a ^ b;
  return ((difference | (uint64_t{0} - difference)) >> 63) - 1;
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_FREIVALDS_H_
