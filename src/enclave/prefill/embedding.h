// Token id -> the first residual vector. The lookup stays in the trusted process: an id sent away
// is the prompt sent away.
#ifndef SOTTO_ENCLAVE_PREFILL_EMBEDDING_H_
#define SOTTO_ENCLAVE_PREFILL_EMBEDDING_H_

#include <cstdint>
#include <memory>
#include <span>

#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"

namespace sotto {

class Embedding {
 public:
  virtual ~Embedding() = default;

  // x row i = the embedding of ids[i]. x: [ids.size(), hidden_size]; ids are below vocab_size.
  virtual absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                              ThreadPool& pool) const = 0;
};

enum class EmbeddingAccess {
  kDirect,     // Addresses depend on the ids: whoever watches pages or cache lines sees which rows
               // are read.
  kOblivious,  // Each lookup reads the whole table in order, and no address, branch or time depends
               // on an id (kernels/oblivious_select.h). The same bits.
};

// A copy of the table in the checkpoint's own dtype. DATA_LOSS when a value is NaN or infinite;
// UNIMPLEMENTED for a table too long for oblivious lookups (kernels/oblivious_select.h).
absl::StatusOr<std::unique_ptr<Embedding>> MakeEmbedding(
    const Checkpoint& checkpoint, ThreadPool& pool,
    EmbeddingAccess access = EmbeddingAccess::kDirect);

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_PREFILL_EMBEDDING_H_
