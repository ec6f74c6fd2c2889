// Token id -> the first residual vector. The lookup stays in the trusted process: an id sent away
// is the prompt sent away.
#ifndef SOTTO_TRUSTED_ENGINE_EMBEDDING_H_
#define SOTTO_TRUSTED_ENGINE_EMBEDDING_H_

#include <memory>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "trusted/linear/embedding.h"

namespace sotto {

enum class EmbeddingAccess {
  kDirect,     // Addresses depend on the ids: whoever watches pages or cache lines sees which rows
               // are read.
  kOblivious,  // Each lookup reads the whole table in order, and no address, branch or time depends
               // on an id (kernels/oblivious_select.h). The same bits.
};

// A copy of the table in the checkpoint's own dtype. DATA_LOSS when a value is NaN or infinite;
// RESOURCE_EXHAUSTED without memory for it;
// UNIMPLEMENTED for a table too long for oblivious lookups (kernels/oblivious_select.h).
absl::StatusOr<std::unique_ptr<Embedding>> MakeEmbedding(
    const Checkpoint& checkpoint, ThreadPool& pool,
    EmbeddingAccess access = EmbeddingAccess::kDirect);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_EMBEDDING_H_
