#include "trusted/split/freivalds.h"

#include <algorithm>

#include "base/check.h"
#include "trusted/split/field.h"
#include "trusted/split/field_dot.h"

namespace sotto {
namespace {

template <typename T>
std::span<T> As(SecretBuffer& buffer) {
  return {reinterpret_cast<T*>(buffer.span().data()), buffer.size() / sizeof(T)};
}

std::span<const uint64_t> AsField(const SecretBuffer& buffer) {
  return {reinterpret_cast<const uint64_t*>(buffer.span().data()),
          buffer.size() / sizeof(uint64_t)};
}

}  // namespace

FreivaldsSecret::FreivaldsSecret(size_t max_n_out, Drbg& drbg)
    : values_(max_n_out * sizeof(uint64_t)) {
  constexpr size_t kPiece = 4096;
  const std::span<uint64_t> values = As<uint64_t>(values_);
  for (size_t i = 0; i < values.size(); i += kPiece) {
    const auto piece = values.subspan(i, std::min(kPiece, values.size() - i));
    drbg.Generate({reinterpret_cast<uint8_t*>(piece.data()), piece.size_bytes()});
    for (uint64_t& value : piece) {
      value &= kFieldPrime;
      // Only p itself is out of range: one value in 2^61.
      while (value == kFieldPrime) {
        drbg.Generate({reinterpret_cast<uint8_t*>(&value), sizeof(value)});
        value &= kFieldPrime;
      }
    }
  }
}

std::span<const uint64_t> FreivaldsSecret::values() const { return AsField(values_); }

FreivaldsKey::FreivaldsKey(const FreivaldsSecret& secret, size_t n_in, size_t n_out)
    : n_in_(n_in), n_out_(n_out), u_(n_in * sizeof(uint64_t)), sums_(2 * n_in * sizeof(int64_t)) {
  SOTTO_CHECK(n_out <= secret.values().size());
  s_ = secret.values().first(n_out);
}

void FreivaldsKey::AddWeightRows(size_t first, ConstMatrixView<int16_t> wq) {
  SOTTO_CHECK(wq.cols() == n_in_ && first <= n_out_ && wq.rows() <= n_out_ - first);
  SOTTO_CHECK(wq.rows() <= kMaxFieldRows);
  if (rows_in_sums_ + wq.rows() > kMaxFieldRows) Fold();
  rows_in_sums_ += wq.rows();
  int64_t* low = As<int64_t>(sums_).data();
  AccumulateFieldColumns(wq, s_.data() + first, low, low + n_in_);
}

void FreivaldsKey::Fold() {
  const std::span<int64_t> sums = As<int64_t>(sums_);
  SecretBuffer more_bytes(n_in_ * sizeof(uint64_t));
  const std::span<uint64_t> more = As<uint64_t>(more_bytes), u = As<uint64_t>(u_);
  FieldColumns(sums.data(), sums.data() + n_in_, more);
  for (size_t i = 0; i < n_in_; ++i) u[i] = FieldAdd(u[i], more[i]);
  std::fill(sums.begin(), sums.end(), 0);
  rows_in_sums_ = 0;
}

void FreivaldsKey::Finish() {
  Fold();
  sums_ = SecretBuffer();
  offset_ = FieldSubtract(FieldOffset(s_), FieldOffset(u()));
}

uint64_t FreivaldsKey::ExpectedSum(std::span<const int32_t> xq) const {
  return FieldAdd(OffsetFieldDot(xq, u()), offset_);
}

uint64_t FreivaldsKey::OutputPart(size_t first, std::span<const int32_t> y) const {
  return OffsetFieldDot(y, s_.subspan(first, y.size()));
}

std::span<const uint64_t> FreivaldsKey::u() const { return AsField(u_); }

}  // namespace sotto
