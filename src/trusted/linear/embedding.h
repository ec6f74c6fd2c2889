// The seam between the engine and whatever knows the embedding table.
#ifndef SOTTO_TRUSTED_LINEAR_EMBEDDING_H_
#define SOTTO_TRUSTED_LINEAR_EMBEDDING_H_

#include <cstdint>
#include <span>

#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace sotto {

class Embedding {
 public:
  virtual ~Embedding() = default;

  // x row i = the embedding of ids[i]. x: [ids.size(), hidden_size], contiguous; ids are below
  // vocab_size. Errors are the implementation's (a table in this process: none).
  virtual absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                              ThreadPool& pool) const = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_EMBEDDING_H_
