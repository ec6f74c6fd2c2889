// Looks for secrets in this process's own memory. Test-only.
#ifndef SOTTO_TESTING_OWN_MEMORY_H_
#define SOTTO_TESTING_OWN_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace sotto {

// Values to look for, none of which it holds itself: it keeps them with every bit turned over.
// Thread-safe.
class SecretsToFind {
 public:
  // Of a value only the first 8 bytes count. Equal ones are one.
  void Add(std::span<const uint8_t> secret);
  size_t size() const;
  // How often each, in the order they were added, stands in private memory of this process. Memory
  // that is shared with others is not looked at.
  std::vector<size_t> CountCopies() const;

 private:
  // Of each value of two bytes, whether a turned-over value ends in it (0 or 1).
  std::vector<uint8_t> PossibleEnds() const;
  void CountIn(std::span<const uint8_t> memory, const uint8_t* possible,
               std::vector<size_t>& counts) const;

  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, size_t> numbers_;  // By the turned-over value.
};

}  // namespace sotto

#endif  // SOTTO_TESTING_OWN_MEMORY_H_
