#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/attention_kernels.h"
#include "kernels/reference.h"

namespace sotto {
namespace {

struct Case {
  AttentionShape shape;
  size_t length;
};

const Case kCases[] = {
    {{1, 1, 1}, 1},    {{2, 1, 3}, 5},   {{8, 4, 8}, 70},   {{4, 2, 32}, 129}, {{8, 2, 64}, 200},
    {{3, 1, 128}, 65}, {{5, 5, 17}, 33}, {{7, 1, 20}, 131}, {{4, 4, 96}, 64},  {{64, 1, 16}, 40},
};

// Random queries, keys and values with a RoPE table (where head_dim is even).
class Problem {
 public:
  Problem(const Case& c, uint32_t seed)
      : shape(c.shape),
        length(c.length),
        q(c.length, c.shape.num_heads * c.shape.head_dim),
        k(c.length, c.shape.num_kv_heads * c.shape.head_dim),
        v(k.rows(), k.cols()),
        out(q.rows(), q.cols()),
        cos(c.length, c.shape.head_dim / 2),
        sin(c.length, c.shape.head_dim / 2) {
    std::mt19937 rng(seed);
    std::normal_distribution<float> normal;
    for (Matrix<float>* m : {&q, &k, &v}) {
      for (size_t i = 0; i < m->view().size(); ++i) m->view().data()[i] = normal(rng);
    }
    for (size_t i = 0; i < shape.head_dim / 2; ++i) {
      frequencies.push_back(std::pow(10000.0, -2.0 * i / shape.head_dim));
    }
    if (rotate()) FillRopeTable(frequencies, 0, cos.view(), sin.view());
  }

  bool rotate() const { return shape.head_dim % 2 == 0; }
  RopeTable rope() const { return rotate() ? RopeTable{cos.view(), sin.view()} : RopeTable{}; }

  AttentionShape shape;
  size_t length;
  Matrix<float> q, k, v, out, cos, sin;
  std::vector<double> frequencies;
};

struct Storage {
  Storage(const AttentionPlan& plan, size_t length)
      : blocks((length + kKvBlock - 1) / kKvBlock),
        size_bytes(plan.shape.num_kv_heads * blocks * KvBlockBytes(plan)),
        data(MakeAlignedArray<std::byte>(size_bytes)),
        scratch(MakeAlignedArray<std::byte>(AttentionScratchBytes(plan))) {
    memset(data.get(), 0xff, size_bytes);  // NaNs: what was not packed must not be read.
    memset(scratch.get(), 0xff, AttentionScratchBytes(plan));
  }
  KvSequence sequence() { return {{data.get(), blocks}, {}, 0}; }

  size_t blocks, size_bytes;
  AlignedArray<std::byte> data, scratch;
};

// Packs positions [begin, end) into `sequence`.
void PackRange(const AttentionPlan& plan, Problem& p, size_t begin, size_t end,
               const KvSequence& sequence, std::byte* scratch) {
  const KvInput input{p.k.view().Rows(begin, end - begin), p.v.view().Rows(begin, end - begin),
                      begin, p.rope()};
  for (size_t t = 0; t < PackTaskCount(plan, input); ++t) {
    PackKeysValues(plan, t, input, sequence, scratch);
  }
}

// Computes the queries of positions [begin, end) into p.out.
void AttendRange(const AttentionPlan& plan, Problem& p, size_t begin, size_t end,
                 const KvSequence& sequence, std::byte* scratch) {
  const QueryInput input{p.q.view().Rows(begin, end - begin), begin, p.rope()};
  for (size_t t = AttentionTaskCount(plan, end - begin); t-- > 0;) {
    AttendTile(plan, t, input, sequence, scratch, p.out.view().Rows(begin, end - begin));
  }
}

void AttendAll(const AttentionPlan& plan, Problem& p) {
  Storage storage(plan, p.length);
  PackRange(plan, p, 0, p.length, storage.sequence(), storage.scratch.get());
  AttendRange(plan, p, 0, p.length, storage.sequence(), storage.scratch.get());
}

reference::Rows HeadOf(const Problem& p, const Matrix<float>& m, size_t head, bool rotate) {
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
void CompareWithReference(const Problem& p, F check) {
  const size_t dim = p.shape.head_dim, group = p.shape.num_heads / p.shape.num_kv_heads;
  for (size_t head = 0; head < p.shape.num_heads; ++head) {
    const reference::Rows expected =
        reference::CausalAttention(HeadOf(p, p.q, head, true), HeadOf(p, p.k, head / group, true),
                                   HeadOf(p, p.v, head / group, false), 0);
    for (size_t r = 0; r < p.length; ++r) {
      for (size_t d = 0; d < dim; ++d) {
        check(r, head * dim + d, double{p.out.view()(r, head * dim + d)}, expected[r][d]);
      }
    }
  }
}

class AttentionTest : public testing::TestWithParam<const AttentionKernel*> {
 protected:
  AttentionPlan Plan(const AttentionShape& shape) const { return {shape, GetParam()}; }
};

// f32: scores are dot products of head_dim terms, |q||k| ~ head_dim, divided by sqrt(head_dim):
// their absolute error is about head_dim * 2^-24 <= 128 * 2^-24, the weights' relative error
// likewise; an average of values |v| < 5 then errs by less than 2 * 5 * 2^-17. bf16: operands err
// by 2^-9 each, scores by sqrt(2 head_dim) 2^-9 / sqrt(head_dim) ~ 0.003 times |q||k| (random
// signs, up to 5 sigma), weights by 2^-9 + that, values by 2^-9: 0.06 bounds it with the values'
// size.
double Tolerance(const AttentionKernel& kernel) { return kernel.bf16 ? 0.06 : 8e-5; }

TEST_P(AttentionTest, EqualsTheReference) {
  for (const Case& c : kCases) {
    Problem p(c, 7);
    AttendAll(Plan(c.shape), p);
    double worst = 0;
    CompareWithReference(p, [&](size_t r, size_t column, double got, double expected) {
      ASSERT_NEAR(got, expected, Tolerance(*GetParam())) << r << ", " << column;
      worst = std::max(worst, std::abs(got - expected));
    });
    RecordProperty("worst_" + std::to_string(&c - kCases), std::to_string(worst));
  }
}

void ExpectSameBits(const Matrix<float>& a, const Matrix<float>& b) {
  EXPECT_EQ(memcmp(a.view().data(), b.view().data(), a.view().size() * sizeof(float)), 0);
}

// Positions in chunks, cut anywhere, as token blocks cut them.
TEST_P(AttentionTest, ChunksChangeNoBit) {
  for (const Case& c : kCases) {
    Problem whole(c, 3), chunked(c, 3);
    const AttentionPlan plan = Plan(c.shape);
    AttendAll(plan, whole);
    Storage storage(plan, c.length);
    const size_t step = 13;
    for (size_t begin = 0; begin < c.length; begin += step) {
      const size_t end = std::min(begin + step, c.length);
      PackRange(plan, chunked, begin, end, storage.sequence(), storage.scratch.get());
      AttendRange(plan, chunked, begin, end, storage.sequence(), storage.scratch.get());
    }
    ExpectSameBits(whole.out, chunked.out);
  }
}

// A prefix computed once, its partial last block copied to the sequence that continues it.
TEST_P(AttentionTest, SharedPrefixChangesNoBit) {
  const Case c = {{6, 2, 24}, 170};
  for (size_t prefix : {64, 128, 100}) {
    Problem alone(c, 5), shared(c, 5);
    const AttentionPlan plan = Plan(c.shape);
    AttendAll(plan, alone);
    Storage first(plan, prefix), rest(plan, c.length);
    PackRange(plan, shared, 0, prefix, first.sequence(), first.scratch.get());
    AttendRange(plan, shared, 0, prefix, first.sequence(), first.scratch.get());
    const size_t whole_blocks = prefix / kKvBlock;
    const KvSequence sequence{{rest.data.get(), rest.blocks}, first.sequence().own, whole_blocks};
    if (prefix % kKvBlock != 0) {
      for (size_t head = 0; head < c.shape.num_kv_heads; ++head) {
        memcpy(sequence.own.Block(plan, head, 0), sequence.shared.Block(plan, head, whole_blocks),
               KvBlockBytes(plan));
      }
    }
    PackRange(plan, shared, prefix, c.length, sequence, rest.scratch.get());
    AttendRange(plan, shared, prefix, c.length, sequence, rest.scratch.get());
    ExpectSameBits(alone.out, shared.out);
  }
}

TEST_P(AttentionTest, StridedViewsOfOneFusedProduct) {
  const Case c = {{4, 2, 16}, 37};
  Problem separate(c, 11), fused(c, 11);
  const AttentionPlan plan = Plan(c.shape);
  AttendAll(plan, separate);
  Matrix<float> qkv(c.length, 64 + 32 + 32);
  for (size_t r = 0; r < c.length; ++r) {
    memcpy(qkv.view().row(r), fused.q.view().row(r), 64 * sizeof(float));
    memcpy(qkv.view().row(r) + 64, fused.k.view().row(r), 32 * sizeof(float));
    memcpy(qkv.view().row(r) + 96, fused.v.view().row(r), 32 * sizeof(float));
  }
  Storage storage(plan, c.length);
  const KvInput kv{qkv.view().Cols(64, 32), qkv.view().Cols(96, 32), 0, fused.rope()};
  for (size_t t = 0; t < PackTaskCount(plan, kv); ++t) {
    PackKeysValues(plan, t, kv, storage.sequence(), storage.scratch.get());
  }
  const QueryInput queries{qkv.view().Cols(0, 64), 0, fused.rope()};
  for (size_t t = 0; t < AttentionTaskCount(plan, c.length); ++t) {
    AttendTile(plan, t, queries, storage.sequence(), storage.scratch.get(), fused.out.view());
  }
  ExpectSameBits(separate.out, fused.out);
}

// Scores of hundreds: without the running maximum the exponentials would overflow.
TEST_P(AttentionTest, LargeScoresStayFinite) {
  const Case c = {{2, 2, 64}, 150};
  Problem p(c, 13);
  for (size_t i = 0; i < p.q.view().size(); ++i) p.q.view().data()[i] *= 100.0f;
  AttendAll(Plan(c.shape), p);
  for (size_t i = 0; i < p.out.view().size(); ++i) {
    ASSERT_TRUE(std::isfinite(p.out.view().data()[i]));
    ASSERT_LT(std::abs(p.out.view().data()[i]), 6.0f);  // A weighted mean of the values.
  }
}

TEST_P(AttentionTest, NanStaysInItsRows) {
  const Case c = {{2, 1, 16}, 90};
  Problem p(c, 17);
  p.k.view()(50, 3) = std::numeric_limits<float>::quiet_NaN();
  AttendAll(Plan(c.shape), p);
  for (size_t r = 0; r < c.length; ++r) {
    EXPECT_EQ(std::isnan(p.out.view()(r, 0)), r >= 50) << r;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, AttentionTest,
                         testing::ValuesIn(AttentionKernels().begin(), AttentionKernels().end()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST(AttentionPlanTest, TakesTheLastKernelOfItsPrecision) {
  EXPECT_FALSE(MakeAttentionPlan({2, 1, 8}, AttentionPrecision::kF32).kernel->bf16);
  EXPECT_EQ(MakeAttentionPlan({2, 1, 8}, AttentionPrecision::kBf16).kernel,
            AttentionKernels().back());
}

}  // namespace
}  // namespace sotto
