// The row kernels, written once over a vector type (simd_*.h). Included by one file an instruction
// set; `Rows<Simd>` is instantiated there alone.
#ifndef SOTTO_KERNELS_ELEMENTWISE_ROWS_H_
#define SOTTO_KERNELS_ELEMENTWISE_ROWS_H_

#include <cstddef>
#include <cstdint>

#include "kernels/elementwise_kernels.h"
#include "kernels/simd_exp.h"

namespace sotto {

template <typename Simd>
struct Rows {
  using Vec = typename Simd::Vec;
  static constexpr size_t kLanes = Simd::kLanes;
  static constexpr float kInfinity = __builtin_inff();
  // Rows whose largest magnitude is below this quantise to zero.
  static constexpr float kSmallest = 0x1p-100f;

  // Calls full(i) for each i where a whole vector fits, then rest(i, count) for what remains.
  template <typename Full, typename Rest>
  static void Sweep(size_t n, Full full, Rest rest) {
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) full(i);
    if (i < n) rest(i, n - i);
  }
  static void Put(float* p, Vec a) { Simd::Store(p, a); }
  static void Put(BFloat16* p, Vec a) { Simd::StoreBf16(p, a); }
  static void Put(uint8_t* p, Vec a) { Simd::StoreBytes(p, a); }
  static void PutFirst(float* p, Vec a, size_t n) { Simd::StoreFirst(p, a, n); }
  static void PutFirst(BFloat16* p, Vec a, size_t n) { Simd::StoreBf16First(p, a, n); }
  static void PutFirst(uint8_t* p, Vec a, size_t n) { Simd::StoreBytesFirst(p, a, n); }

  // y = value(load), where load(p) reads the elements of row p that stand where y's will.
  template <typename Value, typename Out>
  static void Map(size_t n, Value value, Out* y) {
    Sweep(
        n, [&](size_t i) { Put(y + i, value([=](const float* p) { return Simd::Load(p + i); })); },
        [&](size_t i, size_t m) {
          const auto load = [=](const float* p) { return Simd::LoadFirst(p + i, m, Simd::Zero()); };
          PutFirst(y + i, value(load), m);
        });
  }
  // Calls take(v) with each vector of x in turn, the last one filled up with `fill`.
  template <typename Take>
  static void ForEach(const float* x, size_t n, Vec fill, Take take) {
    Sweep(
        n, [&](size_t i) { take(Simd::Load(x + i)); },
        [&](size_t i, size_t m) { take(Simd::LoadFirst(x + i, m, fill)); });
  }

  // Lanes in rising order: the order is part of the result.
  template <typename Combine>
  static float Across(Vec a, Combine combine) {
    float lanes[kLanes];
    Simd::Store(lanes, a);
    float result = lanes[0];
    for (size_t i = 1; i < kLanes; ++i) result = combine(result, lanes[i]);
    return result;
  }
  static float Sum(Vec a) {
    return Across(a, [](float x, float y) { return x + y; });
  }
  static float Largest(Vec a) {
    return Across(a, [](float x, float y) { return x > y ? x : y; });
  }
  // Of magnitudes; NaN is the largest.
  static float LargestMagnitude(Vec a) {
    return Across(a, [](float x, float y) { return x >= y || x != x ? x : y; });
  }

  // 1 / sqrt(mean(x^2) + eps), NaN where the mean is no number or too large for one. Four sums side
  // by side hide the latency of the addition.
  static float NormScale(const float* x, size_t n, float eps) {
    Vec sum[4] = {Simd::Zero(), Simd::Zero(), Simd::Zero(), Simd::Zero()};
    size_t i = 0;
    for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
      for (size_t j = 0; j < 4; ++j) {
        const Vec v = Simd::Load(x + i + j * kLanes);
        sum[j] = Simd::MulAdd(v, v, sum[j]);
      }
    }
    ForEach(x + i, n - i, Simd::Zero(), [&](Vec v) { sum[0] = Simd::MulAdd(v, v, sum[0]); });
    const float total = Sum(Simd::Add(Simd::Add(sum[0], sum[1]), Simd::Add(sum[2], sum[3])));
    const float mean = total / static_cast<float>(n);
    // The last term is 0, or NaN for an infinite mean, whose root's inverse would pass as 0.
    return 1.0f / __builtin_sqrtf(mean + eps) + (mean - mean);
  }

  template <typename Out>
  static void RmsNorm(const float* x, const float* weight, size_t n, float eps, Out* y) {
    const Vec scale = Simd::Set(NormScale(x, n, eps));
    Map(
        n, [&](auto load) { return Simd::Mul(Simd::Mul(load(x), scale), load(weight)); }, y);
  }

  static float MaxMagnitude(const float* x, size_t n) {
    Vec max = Simd::Zero();
    ForEach(x, n, Simd::Zero(), [&](Vec v) { max = Simd::LargerMagnitude(max, v); });
    return LargestMagnitude(max);
  }

  // What one step stands for, and its inverse; the rules of elementwise.h for odd rows.
  struct Step {
    Step(float max, float norm) {
      const bool zero = max * norm < kSmallest, finite = max < kInfinity;
      scale = !finite ? __builtin_nanf("") : zero ? 0.0f : max * norm / 127.0f;
      inverse = zero || !finite ? 0.0f : 127.0f / max;
    }
    float scale, inverse;
  };
  static Vec ToByte(Vec x, Vec inverse) {
    // Max and Min pass on their second operand for NaN.
    const Vec scaled = Simd::Mul(x, inverse);
    const Vec clamped = Simd::Min(Simd::Max(scaled, Simd::Set(-127.0f)), Simd::Set(127.0f));
    return Simd::Add(Simd::Round(clamped), Simd::Set(128.0f));
  }
  static float QuantizeInt8(const float* x, size_t n, uint8_t* q) {
    const Step step(MaxMagnitude(x, n), 1.0f);
    const Vec inverse = Simd::Set(step.inverse);
    Map(
        n, [&](auto load) { return ToByte(load(x), inverse); }, q);
    return step.scale;
  }

  static float MaxWeightedMagnitude(const float* x, const float* weight, size_t n) {
    Vec max = Simd::Zero();
    Sweep(
        n,
        [&](size_t i) {
          max = Simd::LargerMagnitude(max, Simd::Mul(Simd::Load(x + i), Simd::Load(weight + i)));
        },
        [&](size_t i, size_t m) {
          max = Simd::LargerMagnitude(max, Simd::Mul(Simd::LoadFirst(x + i, m, Simd::Zero()),
                                                     Simd::LoadFirst(weight + i, m, Simd::Zero())));
        });
    return LargestMagnitude(max);
  }
  // The norm scales a row and its maximum alike, so it changes the step and no q.
  static float RmsNormInt8(const float* x, const float* weight, size_t n, float eps, uint8_t* q) {
    const Step step(MaxWeightedMagnitude(x, weight, n), NormScale(x, n, eps));
    const Vec inverse = Simd::Set(step.inverse);
    Map(
        n, [&](auto load) { return ToByte(Simd::Mul(load(x), load(weight)), inverse); }, q);
    return step.scale;
  }

  static void Convert(const float* x, size_t n, BFloat16* y) {
    Map(
        n, [&](auto load) { return load(x); }, y);
  }

  static void Widen(const BFloat16* x, size_t n, float* y) {
    Sweep(
        n, [=](size_t i) { Simd::Store(y + i, Simd::LoadBf16(x + i)); },
        [=](size_t i, size_t m) {
          BFloat16 last[kLanes] = {};
          __builtin_memcpy(last, x + i, m * sizeof *x);
          Simd::StoreFirst(y + i, Simd::LoadBf16(last), m);
        });
  }

  template <typename Out>
  static void SwiGlu(const float* gate, const float* up, size_t n, Out* y) {
    Map(
        n,
        [&](auto load) {
          const Vec g = load(gate), e = Exp<Simd>(Simd::Sub(Simd::Zero(), g));
          return Simd::Mul(Simd::Div(g, Simd::Add(Simd::Set(1.0f), e)), load(up));
        },
        y);
  }

  static void Add(const float* x, size_t n, float* y) {
    Map(
        n, [&](auto load) { return Simd::Add(load(y), load(x)); }, y);
  }

  static void ExpRow(const float* x, size_t n, float* y) {
    Map(
        n, [&](auto load) { return Exp<Simd>(load(x)); }, y);
  }

  static double LogSumExp(const float* x, size_t n) {
    const Vec bottom = Simd::Set(-kInfinity);
    Vec max = bottom;
    ForEach(x, n, bottom, [&](Vec v) { max = Simd::Max(max, v); });
    const float shift = Largest(max);
    const Vec shifts = Simd::Set(shift);
    typename Simd::Doubles sum;
    ForEach(x, n, bottom, [&](Vec v) { Simd::Accumulate(sum, Exp<Simd>(Simd::Sub(v, shifts))); });
    return n == 0 ? -kInfinity : double{shift} + __builtin_log(Simd::Total(sum));
  }

  // Each lane keeps the first largest of its own elements; indices are exact as floats.
  static size_t ArgMax(const float* x, size_t n) {
    Vec best = Simd::Set(-kInfinity), best_index = Simd::Zero(), index = Simd::Iota();
    ForEach(x, n, best, [&](Vec v) {
      best_index = Simd::IfGreater(v, best, index, best_index);
      best = Simd::IfGreater(v, best, v, best);
      index = Simd::Add(index, Simd::Set(static_cast<float>(kLanes)));
    });
    float values[kLanes], indices[kLanes];
    Simd::Store(values, best);
    Simd::Store(indices, best_index);
    size_t winner = 0;
    for (size_t i = 1; i < kLanes; ++i) {
      const bool tie = values[i] == values[winner] && indices[i] < indices[winner];
      if (values[i] > values[winner] || tie) winner = i;
    }
    return static_cast<size_t>(indices[winner]);
  }

  // Counts and indices are exact as floats.
  static size_t CountBefore(const float* x, size_t n, size_t index, float value) {
    const Vec zero = Simd::Zero(), one = Simd::Set(1.0f),
              step = Simd::Set(static_cast<float>(kLanes));
    const Vec at = Simd::Set(static_cast<float>(index)), level = Simd::Set(value);
    Vec count = zero, i = Simd::Iota();
    ForEach(x, n, Simd::Set(-kInfinity), [&](Vec v) {
      // Neither greater nor less: equal, or no number.
      const Vec tie = Simd::IfGreater(level, v, zero, Simd::IfGreater(at, i, one, zero));
      count = Simd::Add(count, Simd::IfGreater(v, level, one, tie));
      i = Simd::Add(i, step);
    });
    float counts[kLanes];
    Simd::Store(counts, count);
    size_t total = 0;
    for (const float of_lane : counts) total += static_cast<size_t>(of_lane);
    return total;
  }

  static constexpr ElementwiseKernels Kernels(Isa isa) {
    return {isa,     RmsNorm<float>, RmsNorm<BFloat16>, RmsNormInt8,   QuantizeInt8,
            Convert, Widen,          MaxMagnitude,      SwiGlu<float>, SwiGlu<BFloat16>,
            Add,     ExpRow,         LogSumExp,         ArgMax,        CountBefore};
  }
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_ELEMENTWISE_ROWS_H_
