// Every implementation gives the bits of the portable one, at lengths around those of a vector.
#include "kernels/integer_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <string>
#include <vector>

#include "kernels/fixed_point.h"
#include "testing/random_row.h"

namespace sotto {
namespace {

const size_t kIntegerLengths[] = {1, 2, 15, 16, 17, 31, 64, 100, 2048};

template <typename T>
std::vector<T> RandomBits(size_t n, uint32_t seed) {
  std::mt19937 rng(seed);
  std::vector<T> v(n);
  for (T& i : v) i = static_cast<T>(rng());
  return v;
}

std::vector<uint32_t> BitsOf(const std::vector<float>& v) {
  std::vector<uint32_t> bits;
  for (const float f : v) bits.push_back(std::bit_cast<uint32_t>(f));
  return bits;
}

class IntegerKernelsTest : public testing::TestWithParam<const IntegerKernels*> {
 protected:
  const IntegerKernels& kernels() const { return *GetParam(); }

  // Both implementations run on a row of each length; what they wrote must be the same.
  template <typename F>
  void ExpectSame(F run) const {
    for (const size_t n : kIntegerLengths)
      EXPECT_EQ(run(kernels(), n), run(kPortableInteger, n)) << n;
  }
};

TEST_P(IntegerKernelsTest, QuantizeFixed) {
  ExpectSame([](const IntegerKernels& kernels, size_t n) {
    std::vector<int32_t> xq(n);
    const float t = kernels.quantize_fixed(RandomRow(n, 0.1f, n).data(), n, 20011, xq.data());
    xq.push_back(std::bit_cast<int32_t>(t));
    return xq;
  });
}

TEST_P(IntegerKernelsTest, SplitFixed) {
  ExpectSame([](const IntegerKernels& kernels, size_t n) {
    std::vector<int32_t> xq = RandomBits<int32_t>(n, 1);
    for (int32_t& x : xq) x >>= 16;
    std::vector<uint8_t> planes(2 * n);
    kernels.split_fixed(xq.data(), n, planes.data(), planes.data() + n);
    return planes;
  });
}

TEST_P(IntegerKernelsTest, CombineFixed) {
  ExpectSame([](const IntegerKernels& kernels, size_t n) {
    std::vector<int32_t> high = RandomBits<int32_t>(n, 2), low = RandomBits<int32_t>(n, 3);
    std::vector<int32_t> sums = RandomBits<int32_t>(n, 4);
    kernels.combine_fixed(high.data(), low.data(), sums.data(), n, high.data());
    return high;
  });
}

TEST_P(IntegerKernelsTest, ScalesWithAndWithoutBias) {
  for (const bool with_bias : {false, true}) {
    ExpectSame([&](const IntegerKernels& kernels, size_t n) {
      const std::vector<int32_t> acc = RandomBits<int32_t>(n, 5);
      std::vector<int32_t> sums = RandomBits<int32_t>(n, 6), small = RandomBits<int32_t>(n, 9);
      for (int32_t& sum : sums) sum >>= 10;
      for (int32_t& value : small) value >>= 3;
      const std::vector<float> scales = RandomRow(n, 1.0f, n + 6), row = RandomRow(n, 1.0f, n + 7);
      const float* const bias = with_bias ? row.data() : nullptr;
      std::vector<float> y(n), stored(n), added = RandomRow(n, 1.0f, n + 8);
      kernels.scale_fixed(acc.data(), n, 0.37f, scales.data(), bias, y.data());
      kernels.scale_int8(small.data(), sums.data(), n, 0.37f, scales.data(), bias, stored.data());
      kernels.scale_add_int8(small.data(), sums.data(), n, 0.37f, scales.data(), bias,
                             added.data());
      y.insert(y.end(), stored.begin(), stored.end());
      y.insert(y.end(), added.begin(), added.end());
      return BitsOf(y);
    });
  }
}

TEST_P(IntegerKernelsTest, RingPlanesAreBytesAndComeTogetherModulo2To32) {
  ExpectSame([](const IntegerKernels& kernels, size_t n) {
    std::vector<uint8_t> planes(kRingPlanes * n);
    kernels.split_ring(RandomBits<uint32_t>(n, 10).data(), n,
                       {&planes[0], &planes[n], &planes[2 * n], &planes[3 * n]});
    return planes;
  });
  ExpectSame([](const IntegerKernels& kernels, size_t n) {
    const std::vector<uint32_t> sums = RandomBits<uint32_t>(kRingPlanes * n, 11);
    std::vector<uint32_t> y(n);
    kernels.combine_ring({&sums[0], &sums[n], &sums[2 * n], &sums[3 * n]}, n, y.data());
    return y;
  });
}

TEST_P(IntegerKernelsTest, WordsSurviveSplitAndCombine) {
  for (const size_t n : kIntegerLengths) {
    const std::vector<uint32_t> x = RandomBits<uint32_t>(n, 12);
    std::vector<uint8_t> planes(kRingPlanes * n);
    kernels().split_ring(x.data(), n, {&planes[0], &planes[n], &planes[2 * n], &planes[3 * n]});
    const std::vector<uint32_t> wide(planes.begin(), planes.end());
    std::vector<uint32_t> y(n);
    kernels().combine_ring({&wide[0], &wide[n], &wide[2 * n], &wide[3 * n]}, n, y.data());
    EXPECT_EQ(y, x);
  }
}

INSTANTIATE_TEST_SUITE_P(All, IntegerKernelsTest,
                         testing::ValuesIn(IntegerTable().runnable().begin(),
                                           IntegerTable().runnable().end()),
                         [](const auto& info) { return std::string(IsaName(info.param->isa)); });

TEST(IntegerDispatchTest, TakesTheBestKernels) {
  const std::vector<float> x = RandomRow(333, 1.0f, 1);
  std::vector<int32_t> xq(333), expected(333);
  EXPECT_EQ(QuantizeFixedRow(x.data(), 333, 127, xq.data()),
            IntegerTable().best().quantize_fixed(x.data(), 333, 127, expected.data()));
  EXPECT_EQ(xq, expected);
}

}  // namespace
}  // namespace sotto
