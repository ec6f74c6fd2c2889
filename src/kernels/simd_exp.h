// 2^x over a vector type: n = round(x), then a polynomial in x - n, in [-1/2, 1/2], scaled by 2^n.
// Minimax coefficients (Remez, relative error) with the constant term 1, so that 2^0 is exactly 1.
#ifndef SOTTO_KERNELS_SIMD_EXP_H_
#define SOTTO_KERNELS_SIMD_EXP_H_

namespace sotto {

// Relative error below 2^-23 for |x| < 126; 0 at -infinity, NaN for NaN.
template <typename Simd>
inline typename Simd::Vec Exp2(typename Simd::Vec x) {
  const typename Simd::Vec n = Simd::Round(x), f = Simd::Sub(x, n);
  typename Simd::Vec p = Simd::Set(0.000155946778f);
  p = Simd::MulAdd(p, f, Simd::Set(0.00134066434f));
  p = Simd::MulAdd(p, f, Simd::Set(0.00961769279f));
  p = Simd::MulAdd(p, f, Simd::Set(0.0555031039f));
  p = Simd::MulAdd(p, f, Simd::Set(0.240226522f));
  p = Simd::MulAdd(p, f, Simd::Set(0.693147242f));
  p = Simd::MulAdd(p, f, Simd::Set(1.0f));
  return Simd::Scale2(p, n);
}

}  // namespace sotto

#endif  // SOTTO_KERNELS_SIMD_EXP_H_
