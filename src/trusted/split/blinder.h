// How one protection hides rows and recovers products. Implementations: shares.h, pads.h, and
// unprotected.h for measurements. split/offloaded.h drives them and knows none.
#ifndef SOTTO_TRUSTED_SPLIT_BLINDER_H_
#define SOTTO_TRUSTED_SPLIT_BLINDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "absl/functional/function_ref.h"
#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "model/linear_layers.h"
#include "protocol/blinded.h"

namespace sotto {

// The secrets of one exchange, wiped when it is destroyed. Hide and Reveal may be called from
// several threads for different rows; a row is hidden once. Constant-time in rows and masks.
class Blinding {
 public:
  virtual ~Blinding() = default;

  // Writes quantised row `row` of the exchange to x, [n_in].
  using RowSource = absl::FunctionRef<void(size_t row, std::span<int32_t> x)>;

  // hidden row r becomes row first + r as it may leave the enclave; [rows, n_in]. Rows in the clear
  // only ever stand in `scratch` (2 * n_in words, the calling thread's), never in `hidden`.
  virtual void Hide(size_t first, RowSource source, std::span<uint32_t> scratch,
                    MatrixView<uint32_t> hidden) = 0;

  // Whether there is an exchange at all. If not, nothing is sent and Message is not called: the
  // rows that Hide saw are multiplied here.
  virtual bool Exchanged() const { return true; }
  // Called once between the last answer and the first Reveal.
  virtual void PrepareToReveal(ThreadPool& pool) { (void)pool; }

  // Whether what `server` is sent depends on the rows; if not, it may be sent ahead of them.
  virtual bool SentRows(size_t server) const = 0;
  // Whether `server` answers with a product; if not, its answer has no rows, and Reveal does not
  // look at it.
  virtual bool Answers(size_t server) const { return (void)server, true; }
  // What server `server` is sent. hidden: the rows of the exchange, hidden, [rows, n_in]; not
  // looked at when !SentRows(server).
  virtual BlindedRows Message(size_t server, ConstMatrixView<uint32_t> hidden) const = 0;

  // y = columns [column, column + y.size()) of row `row` of the product, modulo 2^32; answers[k]
  // points at those columns of server k's answer.
  virtual void Reveal(size_t row, size_t column, std::span<const uint32_t* const> answers,
                      std::span<uint32_t> y) = 0;
};

class Blinder {
 public:
  virtual ~Blinder() = default;

  // "shares", "pads", "plain".
  virtual const char* protection() const = 0;
  // How many servers every exchange goes to.
  virtual size_t servers() const = 0;
  // Rows of one exchange at most.
  virtual size_t MaxRows(LinearLayer layer) const = 0;
  // Draws the masks of one exchange; no two exchanges share any. rows in [1, MaxRows(layer)].
  // Thread-safe. Errors are the protection's own (pads.h: out of pads).
  virtual absl::StatusOr<std::unique_ptr<Blinding>> Begin(LinearLayer layer, size_t rows) = 0;
  // The masks of an exchange of `rows` rows at most whose rows do not exist yet, where a server
  // that is sent no rows and answers nothing can begin before them. Null: not here, or not now.
  virtual std::unique_ptr<Blinding> BeginAhead(LinearLayer layer, size_t rows) {
    return (void)layer, (void)rows, nullptr;
  }
  // Nothing more is to be hidden: destroys whatever secrets are left. Begin fails from then on with
  // `why`, or, when called again, with the gravest (base/gravest.h); exchanges under way stay
  // usable.
  virtual void Destroy(const absl::Status& why) = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_BLINDER_H_
