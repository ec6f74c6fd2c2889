// The memory of one OffloadedLinear::Apply, carved out of the caller's workspace. For offloaded.cc.
#ifndef SOTTO_TRUSTED_SPLIT_OFFLOADED_CALL_H_
#define SOTTO_TRUSTED_SPLIT_OFFLOADED_CALL_H_

#include <algorithm>
#include <span>

#include "base/check.h"
#include "trusted/split/exchange_stock.h"
#include "trusted/split/offloaded.h"
#include "trusted/split/reveal_row.h"

namespace sotto {

// Exchanges of a call under way at once: one is made ready while the other is answered.
inline constexpr size_t kSlots = 2;

// Hands out 64-byte aligned pieces of one piece of memory; with none, counts what they would take.
class Carver {
 public:
  explicit Carver(std::span<uint8_t> memory) : memory_(memory) {}

  template <typename T>
  T* Take(size_t count) {
    const size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
    T* const piece = memory_.empty() ? nullptr : reinterpret_cast<T*>(memory_.data() + used_);
    used_ += bytes;
    SOTTO_CHECK(memory_.empty() || used_ <= memory_.size());
    return piece;
  }
  size_t used() const { return used_; }

 private:
  std::span<uint8_t> memory_;
  size_t used_ = 0;
};

// One exchange: its memory, and, between Start and Finish, its masks and answers under way.
struct OffloadedLinear::Slot {
  uint32_t* hidden = nullptr;   // [rows, n_in]
  uint32_t* answers = nullptr;  // [servers, rows, n_out]
  float* t = nullptr;           // [rows]: scales
  uint64_t* sums = nullptr;     // [rows]: expected sums, then whether rows passed
  size_t first = 0, rows = 0;   // Of the call.
  bool sent = false;            // To every server; not yet revealed.
  BegunExchange exchange;
};

struct OffloadedLinear::Call {
  Call(const ProtectedLayer& layer, size_t servers, size_t exchange_rows, int threads,
       std::span<uint8_t> workspace)
      : layer(layer), exchange_rows(exchange_rows) {
    Carver carver(workspace);
    const auto [n_in, n_out] = layer.shape;
    for (Slot& slot : slots) {
      slot.hidden = carver.Take<uint32_t>(exchange_rows * n_in);
      slot.answers = carver.Take<uint32_t>(servers * exchange_rows * n_out);
      slot.t = carver.Take<float>(exchange_rows);
      slot.sums = carver.Take<uint64_t>(exchange_rows);
    }
    scratch_floats = std::max(3 * n_in, RevealScratchFloats(layer.shape));
    scratch_floats = (scratch_floats + 15) / 16 * 16;
    scratch = carver.Take<float>(scratch_floats * static_cast<size_t>(threads));
    bytes = carver.used();
  }

  std::span<float> Scratch(int worker) const {
    return {scratch + scratch_floats * static_cast<size_t>(worker), scratch_floats};
  }

  const ProtectedLayer& layer;
  const size_t exchange_rows;
  LinearLayer name{};
  const LinearInput* input = nullptr;
  LinearTail tail{};
  MatrixView<float> y;
  ThreadPool* pool = nullptr;
  Slot slots[kSlots];
  float* scratch = nullptr;
  size_t scratch_floats = 0, bytes = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_OFFLOADED_CALL_H_
