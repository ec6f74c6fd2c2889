// Knows a row of a tensor again: for bytes that are read twice from a file which others may change.
#ifndef SOTTO_MODEL_ROW_TAGS_H_
#define SOTTO_MODEL_ROW_TAGS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/status.h"

namespace sotto {

// Keeps 16 bytes of each row: GHASH (NIST SP 800-38D, section 6.4) under a key that is drawn when
// the object is made and, like the tags, never leaves it. Two different rows of n bytes have one
// tag with probability at most (n / 16 + 2) / 2^128 for whoever chooses them without knowing the
// key. Thread-safe.
class RowTags {
 public:
  // `rows`: how many each tensor has. UNAVAILABLE when the system's random generator fails.
  static absl::StatusOr<std::unique_ptr<RowTags>> Create(const std::vector<size_t>& rows);
  ~RowTags();
  RowTags(const RowTags&) = delete;
  RowTags& operator=(const RowTags&) = delete;

  // Whether the rows of `tensor` from `first` on, which `bytes` holds whole, are what they were
  // when they were seen first. Rows that were never seen are, and are remembered.
  [[nodiscard]] bool Same(size_t tensor, size_t first, std::span<const uint8_t> bytes,
                          size_t row_bytes);

 private:
  using Tag = std::array<uint8_t, 16>;
  struct Slot {
    Tag tag{};
    bool seen = false;
  };

  explicit RowTags(const std::vector<size_t>& rows);

  std::array<uint8_t, 16> key_{};
  std::vector<std::vector<Slot>> slots_;  // By tensor and row.
  std::array<std::mutex, 64> mutexes_;    // Of row r of any tensor: number r modulo 64.
};

}  // namespace sotto

#endif  // SOTTO_MODEL_ROW_TAGS_H_
