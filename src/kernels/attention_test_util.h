// Whole attention problems through the kernels' tasks. Test-only.
#ifndef SOTTO_KERNELS_ATTENTION_TEST_UTIL_H_
#define SOTTO_KERNELS_ATTENTION_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "kernels/attention.h"
#include "kernels/attention_kernels.h"

namespace sotto {

struct AttentionCase {
  AttentionShape shape;
  size_t length;
  std::optional<size_t> window = std::nullopt;
};

inline const AttentionCase kAttentionCases[] = {
    {{1, 1, 1}, 1},    {{2, 1, 3}, 5},   {{8, 4, 8}, 70},   {{4, 2, 32}, 129}, {{8, 2, 64}, 200},
    {{3, 1, 128}, 65}, {{5, 5, 17}, 33}, {{7, 1, 20}, 131}, {{4, 4, 96}, 64},  {{64, 1, 16}, 40},
};

// Windows around the size of a block and of a tile, about the length, and of one position; tiles of
// which only some queries see a block.
inline const AttentionCase kWindowCases[] = {
    {{2, 1, 3}, 5, 1},      {{8, 4, 8}, 70, 7},    {{4, 2, 32}, 129, 63},  {{8, 2, 64}, 200, 64},
    {{3, 1, 128}, 150, 65}, {{5, 5, 17}, 33, 33},  {{7, 1, 20}, 131, 130}, {{4, 4, 96}, 300, 100},
    {{64, 1, 16}, 150, 2},  {{1, 1, 8}, 400, 129}, {{6, 2, 24}, 90, 1000},
};

// Random queries, keys and values with a RoPE table (where head_dim is even).
class AttentionProblem {
 public:
  AttentionProblem(const AttentionCase& c, uint32_t seed)
      : shape(c.shape),
        length(c.length),
        window(c.window),
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
  float scale() const {
    return static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.head_dim)));
  }
  RopeTable rope() const { return rotate() ? RopeTable{cos.view(), sin.view()} : RopeTable{}; }

  AttentionShape shape;
  size_t length;
  std::optional<size_t> window;
  Matrix<float> q, k, v, out, cos, sin;
  std::vector<double> frequencies;
};

struct AttentionStorage {
  AttentionStorage(const AttentionPlan& plan, size_t length)
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
inline void PackRange(const AttentionPlan& plan, AttentionProblem& p, size_t begin, size_t end,
                      const KvSequence& sequence, std::byte* scratch) {
  const KvInput input{p.k.view().Rows(begin, end - begin), p.v.view().Rows(begin, end - begin),
                      begin, p.rope()};
  for (size_t t = 0; t < PackTaskCount(plan, input); ++t) {
    PackKeysValues(plan, t, input, sequence, scratch);
  }
}

// Computes the queries of positions [begin, end) into p.out.
inline void AttendRange(const AttentionPlan& plan, AttentionProblem& p, size_t begin, size_t end,
                        const KvSequence& sequence, std::byte* scratch) {
  const QueryInput input{p.q.view().Rows(begin, end - begin), begin, p.rope(), p.scale(), p.window};
  for (size_t t = AttentionTaskCount(plan, end - begin); t-- > 0;) {
    AttendTile(plan, t, input, sequence, scratch, p.out.view().Rows(begin, end - begin));
  }
}

inline void AttendAll(const AttentionPlan& plan, AttentionProblem& p) {
  AttentionStorage storage(plan, p.length);
  PackRange(plan, p, 0, p.length, storage.sequence(), storage.scratch.get());
  AttendRange(plan, p, 0, p.length, storage.sequence(), storage.scratch.get());
}

class AttentionTest : public testing::TestWithParam<const AttentionKernel*> {
 protected:
  AttentionPlan Plan(const AttentionShape& shape) const { return {shape, GetParam()}; }
};

// For every kernel of this processor.
inline auto EveryAttentionKernel() {
  return testing::ValuesIn(AttentionTable().runnable().begin(), AttentionTable().runnable().end());
}
inline std::string AttentionKernelName(const testing::TestParamInfo<const AttentionKernel*>& info) {
  return std::string(IsaName(info.param->isa));
}

}  // namespace sotto

#endif  // SOTTO_KERNELS_ATTENTION_TEST_UTIL_H_
