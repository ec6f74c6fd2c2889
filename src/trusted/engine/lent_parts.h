// The weights of one engine, for another: everything is passed on.
#ifndef SOTTO_TRUSTED_ENGINE_LENT_PARTS_H_
#define SOTTO_TRUSTED_ENGINE_LENT_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "trusted/linear/embedding.h"
#include "trusted/linear/linear.h"

namespace sotto {

class LentLinear final : public Linear {
 public:
  // `owner` outlives it.
  explicit LentLinear(Linear& owner) : owner_(owner) {}

  size_t WorkspaceBytes(size_t max_tokens, int threads) const override {
    return owner_.WorkspaceBytes(max_tokens, threads);
  }
  AttentionPrecision attention_precision() const override { return owner_.attention_precision(); }
  absl::Status Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                     MatrixView<float> y, ThreadPool& pool) override {
    return owner_.Apply(layer, input, tail, y, pool);
  }
  absl::Status ApplyColumns(LinearLayer layer, const LinearInput& input,
                            std::span<const size_t> columns, MatrixView<float> y,
                            ThreadPool& pool) override {
    return owner_.ApplyColumns(layer, input, columns, y, pool);
  }

 private:
  Linear& owner_;
};

class LentEmbedding final : public Embedding {
 public:
  explicit LentEmbedding(const Embedding& owner) : owner_(owner) {}

  absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                      ThreadPool& pool) const override {
    return owner_.Lookup(ids, x, pool);
  }

 private:
  const Embedding& owner_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_LENT_PARTS_H_
