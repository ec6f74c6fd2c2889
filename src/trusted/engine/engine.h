// The forward pass over a batch of prompts. TRUSTED: holds prompt-derived plaintext.
#ifndef SOTTO_TRUSTED_ENGINE_ENGINE_H_
#define SOTTO_TRUSTED_ENGINE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "trusted/linear/embedding.h"
#include "trusted/linear/linear.h"
#include "trusted/linear/matrix_products.h"

namespace sotto {

enum class LogitsMode { kAll, kLast };

// Receives finished logits, rows [first_position, first_position + logits.rows()) of prompt number
// `prompt`: [rows, vocab]. Called from worker threads, several at once for different rows; every
// row comes exactly once. The view is valid during the call only.
// With pad_compute, padding comes as well: prompts up to batch_size, and of LogitsMode::kAll
// positions up to prefill_length. To keep what is padding from whoever watches, the sink does for
// all rows the same and discards by a mask. A last position (kLast) then is a number to compute
// with, not to branch on.
// A value that is no finite number means that the model overflows: the position and, by attention,
// those after it are worth nothing, nor are those before it that share its block of keys.
using LogitsSink =
    absl::FunctionRef<void(size_t prompt, size_t first_position, ConstMatrixView<float> logits)>;

struct EngineOptions {
  int threads = 1;
  // Largest batch that will be asked for; the activation arena is sized for it once.
  size_t batch_size = 1;
  size_t prefill_length = 128;
  // Token blocks on their way at once, each with threads / lanes threads (at least one). More than
  // one pays where linear layers wait for an accelerator: one lane computes meanwhile. Results are
  // the same to the bit.
  int lanes = 1;
  // Embedding lookups read the whole table, so that memory accesses do not tell token ids. Without
  // effect on an embedding in EngineParts.
  bool oblivious_embedding = false;
  // A pool of ThreadsPerLane() threads for the first lane, which outlives the engine. Null: one of
  // its own. An enclave has room for so many threads and no more.
  ThreadPool* pool = nullptr;
};

struct RunOptions {
  LogitsMode logits = LogitsMode::kAll;
  // Computes batch_size x prefill_length rows whatever the prompts, logits included, and every
  // prefix for each prompt that has it, so that work, its order and traffic depend on the batch's
  // shape alone. Without, the time taken tells lengths and prefixes.
  bool pad_compute = false;
  // Rising positions of each prompt, in place of `logits`: lm_head is computed for no others. Null:
  // as `logits` says. Not with pad_compute: how many there are shows.
  const std::vector<std::vector<size_t>>* positions = nullptr;
  // With `positions`: rising columns of lm_head; rows that the sink gets hold numbers in these
  // alone, with the bits that they have among all. Empty: all columns.
  std::span<const size_t> columns = {};
  // Of each prompt, whose it is: a prefix is computed once for the prompts of one owner, so that
  // the time taken tells no owner what others begin with. Empty: all have the same owner.
  std::span<const size_t> owners = {};
  // The sink gets hidden states after the final norm, [rows, hidden_size], of all positions, and
  // lm_head is not computed. All that a model without one can do.
  bool hidden_states = false;
  // Ends the run with CANCELLED between two steps: two layers of a token block, or blocks of
  // logits.
  std::stop_token stop = {};
  // Called between two steps, on the calling thread, while no thread works on the run, which waits
  // for it. Not with several lanes. Null: nothing.
  const std::function<void()>* pause = nullptr;
};

// Who computes what of a forward pass.
struct EngineParts {
  std::unique_ptr<Linear> linear;  // Local or offloaded.
  // Null: a copy of the checkpoint's table in this process.
  std::unique_ptr<Embedding> embedding = nullptr;
  // For Q K^T and P V; null: in this process, fused with the softmax.
  std::unique_ptr<MatrixProducts> attention = nullptr;
};

class Engine {
 public:
  // Reads norms, and what `parts` leaves to this process, from `checkpoint`, which it does not
  // keep. FAILED_PRECONDITION when the arena would not fit.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(const Checkpoint& checkpoint,
                                                        EngineParts parts,
                                                        const EngineOptions& options);
  static absl::StatusOr<std::unique_ptr<Engine>> Create(const Checkpoint& checkpoint,
                                                        std::unique_ptr<Linear> linear,
                                                        const EngineOptions& options) {
    return Create(checkpoint, EngineParts{.linear = std::move(linear)}, options);
  }
  virtual ~Engine() = default;

  // Runs one batch. prompts: at most batch_size id lists, each of 1..prefill_length ids below
  // vocab_size (INVALID_ARGUMENT otherwise, naming prompt and position, never the id).
  // FAILED_PRECONDITION for logits of a model without lm_head. Each
  // position's logits are the same to the bit whatever else is in the batch. One call at a time.
  virtual absl::Status Run(std::span<const std::vector<int32_t>> prompts, const RunOptions& options,
                           LogitsSink sink) = 0;

  // What another engine needs to compute with this one's weights, on memory of its own. This one
  // outlives it; both may work at once where their pools differ. REQUIRES: attention is computed in
  // this process.
  virtual EngineParts Lend() = 0;

  // Size of the activation arena: all memory a run uses beyond the weights.
  virtual size_t arena_bytes() const = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_ENGINE_H_
