#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "kernels/attention_kernels.h"
#include "kernels/attention_test_util.h"
#include "kernels/reference.h"

namespace sotto {
namespace {

reference::Rows HeadOf(const AttentionProblem& p, const Matrix<float>& m, size_t head,
                       bool rotate) {
  const size_t dim = p.shape.head_dim;
  reference::Rows rows(p.length);
  for (size_t r = 0; r < p.length; ++r) {
    const float* x = m.view().row(r) + head * dim;
    rows[r].assign(x, x + dim);
    if (rotate && p.rotate()) rows[r] = reference::Rope(rows[r], r, p.frequencies);
  }
  return rows;
}

// Calls check(row, column, got, expected) for every output.
template <typename F>
void CompareWithReference(const AttentionProblem& p, F check) {
  const size_t dim = p.shape.head_dim, group = p.shape.num_heads / p.shape.num_kv_heads;
  for (size_t head = 0; head < p.shape.num_heads; ++head) {
    const reference::Rows expected = reference::CausalAttention(
        HeadOf(p, p.q, head, true), HeadOf(p, p.k, head / group, true),
        HeadOf(p, p.v, head / group, false), 0, p.window.value_or(p.length));
    for (size_t r = 0; r < p.length; ++r) {
      for (size_t d = 0; d < dim; ++d) {
        check(r, head * dim + d, double{p.out.view()(r, head * dim + d)}, expected[r][d]);
      }
    }
  }
}

// f32: scores are dot products of head_dim terms, |q||k| ~ head_dim, divided by sqrt(head_dim):
// their absolute error is about head_dim * 2^-24 <= 128 * 2^-24, the weights' relative error
// likewise; an average of values |v| < 5 then errs by less than 2 * 5 * 2^-17. bf16: operands err
// by 2^-9 each, scores by sqrt(2 head_dim) 2^-9 / sqrt(head_dim) ~ 0.003 times |q||k| (random
// signs, up to 5 sigma), weights by 2^-9 + that, values by 2^-9: 0.06 bounds it with the values'
// size.
double Tolerance(const AttentionKernel& kernel) { return kernel.bf16 ? 0.06 : 8e-5; }

TEST_P(AttentionTest, EqualsTheReference) {
  for (const AttentionCase& c : kAttentionCases) {
    AttentionProblem p(c, 7);
    AttendAll(Plan(c.shape), p);
    double worst = 0;
    CompareWithReference(p, [&](size_t r, size_t column, double got, double expected) {
      ASSERT_NEAR(got, expected, Tolerance(*GetParam())) << r << ", " << column;
      worst = std::max(worst, std::abs(got - expected));
    });
    RecordProperty("worst_" + std::to_string(&c - kAttentionCases), std::to_string(worst));
  }
}

TEST_P(AttentionTest, WindowsEqualTheReference) {
  for (const AttentionCase& c : kWindowCases) {
    SCOPED_TRACE(testing::Message() << "length " << c.length << ", window " << *c.window);
    AttentionProblem p(c, 7);
    AttendAll(Plan(c.shape), p);
    CompareWithReference(p, [&](size_t r, size_t column, double got, double expected) {
      ASSERT_NEAR(got, expected, Tolerance(*GetParam())) << r << ", " << column;
    });
  }
}

// A window as long as the sequence hides nothing; the mask it takes changes no bit.
TEST_P(AttentionTest, WindowOfTheLengthChangesNoBit) {
  AttentionCase c = {{6, 2, 24}, 200};
  AttentionProblem full(c, 9);
  AttendAll(Plan(c.shape), full);
  c.window = c.length;
  AttentionProblem windowed(c, 9);
  AttendAll(Plan(c.shape), windowed);
  EXPECT_EQ(std::memcmp(full.out.view().data(), windowed.out.view().data(),
                        full.out.view().size() * sizeof(float)),
            0);
}

// Keys outside the window, whatever they are, change nothing, and are not read where they fill a
// block: those blocks hold no numbers.
TEST_P(AttentionTest, NothingOutsideTheWindowCounts) {
  const AttentionCase c = {{4, 2, 16}, 300, 70};
  AttentionProblem p(c, 21), other(c, 21);
  AttendAll(Plan(c.shape), p);
  for (size_t r = 0; r < 200; ++r) {
    std::fill_n(other.k.view().row(r), other.k.cols(), r < 128 ? NAN : 1e3f);
    std::fill_n(other.v.view().row(r), other.v.cols(), r < 128 ? NAN : -1e3f);
  }
  AttendAll(Plan(c.shape), other);
  for (size_t r = 269; r < c.length; ++r) {  // Sees positions from 200 on.
    EXPECT_EQ(
        std::memcmp(p.out.view().row(r), other.out.view().row(r), p.out.cols() * sizeof(float)), 0)
        << r;
  }
}

// Scores of hundreds: without the running maximum the exponentials would overflow.
TEST_P(AttentionTest, LargeScoresStayFinite) {
  const AttentionCase c = {{2, 2, 64}, 150};
  AttentionProblem p(c, 13);
  for (size_t i = 0; i < p.q.view().size(); ++i) p.q.view().data()[i] *= 100.0f;
  AttendAll(Plan(c.shape), p);
  for (size_t i = 0; i < p.out.view().size(); ++i) {
    ASSERT_TRUE(std::isfinite(p.out.view().data()[i]));
    ASSERT_LT(std::abs(p.out.view().data()[i]), 6.0f);  // A weighted mean of the values.
  }
}

TEST_P(AttentionTest, NanStaysInItsRows) {
  const AttentionCase c = {{2, 1, 16}, 90};
  AttentionProblem p(c, 17);
  p.k.view()(50, 3) = std::numeric_limits<float>::quiet_NaN();
  AttendAll(Plan(c.shape), p);
  for (size_t r = 0; r < c.length; ++r) {
    EXPECT_EQ(std::isnan(p.out.view()(r, 0)), r >= 50) << r;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, AttentionTest, EveryAttentionKernel(), AttentionKernelName);

TEST(AttentionPlanTest, TakesTheLastKernelOfItsPrecision) {
  EXPECT_FALSE(MakeAttentionPlan({2, 1, 8}, AttentionPrecision::kF32).kernel->bf16);
  EXPECT_EQ(MakeAttentionPlan({2, 1, 8}, AttentionPrecision::kBf16).kernel,
            AttentionTable().runnable().back());
}

}  // namespace
}  // namespace sotto
