// Exponentials over a vector type: x = n + f with n integral and f in [-1/2, 1/2], a polynomial in
// f, scaled by 2^n. Minimax coefficients (Remez, relative error 2.6e-9) with the constant term 1,
// so that 2^0 is exactly 1.
#ifndef SOTTO_KERNELS_SIMD_EXP_H_
#define SOTTO_KERNELS_SIMD_EXP_H_

namespace sotto {

// Within +-limit; NaN stays.
template <typename Simd>
inline typename Simd::Vec Clamp(typename Simd::Vec x, float limit) {
  return Simd::Min(Simd::Set(limit), Simd::Max(Simd::Set(-limit), x));
}

// 2^f, |f| <= 1/2.
template <typename Simd>
inline typename Simd::Vec Exp2Fraction(typename Simd::Vec f) {
  typename Simd::Vec p = Simd::Set(0.000155946778f);
  p = Simd::MulAdd(p, f, Simd::Set(0.00134066434f));
  p = Simd::MulAdd(p, f, Simd::Set(0.00961769279f));
  p = Simd::MulAdd(p, f, Simd::Set(0.0555031039f));
  p = Simd::MulAdd(p, f, Simd::Set(0.240226522f));
  p = Simd::MulAdd(p, f, Simd::Set(0.693147242f));
  return Simd::MulAdd(p, f, Simd::Set(1.0f));
}

// 2^x, relative error below 2^-22 where that is a normal float; 0 from -160 down, infinity from 128
// up; NaN for NaN.
template <typename Simd>
inline typename Simd::Vec Exp2(typename Simd::Vec x) {
  const typename Simd::Vec clamped = Clamp<Simd>(x, 160.0f), n = Simd::Round(clamped);
  return Simd::Scale2(Exp2Fraction<Simd>(Simd::Sub(clamped, n)), n);
}

// e^x with the same properties. x - n log(2) is taken in two parts (Cody & Waite), the first short
// enough for its product with n to be exact.
template <typename Simd>
inline typename Simd::Vec Exp(typename Simd::Vec x) {
  const typename Simd::Vec clamped = Clamp<Simd>(x, 110.0f);
  const typename Simd::Vec log2_e = Simd::Set(1.44269504f);
  const typename Simd::Vec n = Simd::Round(Simd::Mul(clamped, log2_e));
  typename Simd::Vec rest = Simd::MulAdd(n, Simd::Set(-0x1.63p-1f), clamped);
  rest = Simd::MulAdd(n, Simd::Set(2.12194440e-4f), rest);
  return Simd::Scale2(Exp2Fraction<Simd>(Simd::Mul(rest, log2_e)), n);
}

}  // namespace sotto

#endif  // SOTTO_KERNELS_SIMD_EXP_H_
