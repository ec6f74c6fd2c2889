// Rows of a product in pieces over two slots, each with a stream of its own: while one slot's piece
// is multiplied, the other's is copied.
#ifndef SOTTO_ACCELERATOR_DEVICES_TWO_SLOTS_H_
#define SOTTO_ACCELERATOR_DEVICES_TWO_SLOTS_H_

#include <algorithm>
#include <cstddef>

#include "absl/functional/function_ref.h"
#include "base/status.h"

namespace sotto {

inline constexpr size_t kSlots = 2;

struct RowPiece {
  size_t first, count;
};

// begin(slot, piece) starts a piece without waiting for it; wait(slot) until what the slot began is
// done. A slot never has two pieces. The first error is returned, and nothing begins after it; but
// whatever has begun, even with an error, is waited for: it uses the caller's memory.
inline absl::Status RunInTwoSlots(size_t rows, size_t piece_rows,
                                  absl::FunctionRef<absl::Status(size_t, RowPiece)> begin,
                                  absl::FunctionRef<absl::Status(size_t)> wait) {
  absl::Status status;
  bool busy[kSlots] = {};
  size_t slot = 0;
  for (size_t first = 0; first < rows && status.ok(); first += piece_rows, slot = 1 - slot) {
    if (busy[slot]) status = wait(slot);
    busy[slot] = false;
    if (!status.ok()) break;
    busy[slot] = true;
    status = begin(slot, {first, std::min(piece_rows, rows - first)});
  }
  for (size_t s = 0; s < kSlots; ++s, slot = 1 - slot) {  // The older first.
    if (busy[slot]) status.Update(wait(slot));
  }
  return status;
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_TWO_SLOTS_H_
