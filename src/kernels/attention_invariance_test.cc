// However positions are cut into calls, and wherever they lie in memory: the same bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/attention.h"
#include "kernels/attention_kernels.h"
#include "kernels/attention_test_util.h"

namespace sotto {
namespace {

class AttentionInvarianceTest : public AttentionTest {};

void ExpectSameBits(const Matrix<float>& a, const Matrix<float>& b) {
  EXPECT_EQ(memcmp(a.view().data(), b.view().data(), a.view().size() * sizeof(float)), 0);
}

// Positions in chunks, cut anywhere, as token blocks cut them.
TEST_P(AttentionInvarianceTest, ChunksChangeNoBit) {
  std::vector<AttentionCase> cases(std::begin(kAttentionCases), std::end(kAttentionCases));
  cases.insert(cases.end(), std::begin(kWindowCases), std::end(kWindowCases));
  for (const AttentionCase& c : cases) {
    AttentionProblem whole(c, 3), chunked(c, 3);
    const AttentionPlan plan = Plan(c.shape);
    AttendAll(plan, whole);
    AttentionStorage storage(plan, c.length);
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
TEST_P(AttentionInvarianceTest, SharedPrefixChangesNoBit) {
  for (const auto& [prefix, window] : std::vector<std::pair<size_t, std::optional<size_t>>>{
           {64, std::nullopt}, {128, std::nullopt}, {100, std::nullopt}, {128, 50}, {100, 80}}) {
    const AttentionCase c = {{6, 2, 24}, 170, window};
    AttentionProblem alone(c, 5), shared(c, 5);
    const AttentionPlan plan = Plan(c.shape);
    AttendAll(plan, alone);
    AttentionStorage first(plan, prefix), rest(plan, c.length);
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

TEST_P(AttentionInvarianceTest, StridedViewsOfOneFusedProduct) {
  const AttentionCase c = {{4, 2, 16}, 37};
  AttentionProblem separate(c, 11), fused(c, 11);
  const AttentionPlan plan = Plan(c.shape);
  AttendAll(plan, separate);
  Matrix<float> qkv(c.length, 64 + 32 + 32);
  for (size_t r = 0; r < c.length; ++r) {
    memcpy(qkv.view().row(r), fused.q.view().row(r), 64 * sizeof(float));
    memcpy(qkv.view().row(r) + 64, fused.k.view().row(r), 32 * sizeof(float));
    memcpy(qkv.view().row(r) + 96, fused.v.view().row(r), 32 * sizeof(float));
  }
  AttentionStorage storage(plan, c.length);
  const KvInput kv{qkv.view().Cols(64, 32), qkv.view().Cols(96, 32), 0, fused.rope()};
  for (size_t t = 0; t < PackTaskCount(plan, kv); ++t) {
    PackKeysValues(plan, t, kv, storage.sequence(), storage.scratch.get());
  }
  const QueryInput queries{qkv.view().Cols(0, 64), 0, fused.rope(), fused.scale()};
  for (size_t t = 0; t < AttentionTaskCount(plan, c.length); ++t) {
    AttendTile(plan, t, queries, storage.sequence(), storage.scratch.get(), fused.out.view());
  }
  ExpectSameBits(separate.out, fused.out);
}

INSTANTIATE_TEST_SUITE_P(Kernels, AttentionInvarianceTest, EveryAttentionKernel(),
                         AttentionKernelName);

}  // namespace
}  // namespace sotto
