// How much memory there is, getting what was planned, and giving it back.
#ifndef SOTTO_BASE_MEMORY_H_
#define SOTTO_BASE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/matrix.h"
#include "base/status.h"
#include "base/strings.h"

namespace sotto {

// What the system says this process can still get without swapping: MemAvailable of /proc/meminfo,
// what the process's control groups leave, or what RLIMIT_AS does, the least. The largest number
// where none can be read.
uint64_t AvailableMemoryBytes();

// "3.1 GB", "52 MB".
std::string DescribeBytes(uint64_t bytes);

// FAILED_PRECONDITION with both figures when `needed_bytes` are more than available. `what` begins
// the message.
absl::Status CheckMemoryFits(std::string_view what, uint64_t needed_bytes,
                             uint64_t available_bytes = AvailableMemoryBytes());

// As AlignedAlloc (matrix.h), but null when the system does not give the memory.
void* TryAlignedAlloc(size_t size_bytes);

// `count` elements as MakeAlignedArray gives them, for memory whose size was planned:
// RESOURCE_EXHAUSTED, naming the size, when the system does not give it.
template <typename T>
requires std::is_trivial_v<T> absl::StatusOr<AlignedArray<T>> AllocateAligned(size_t count) {
  void* const memory = TryAlignedAlloc(count * sizeof(T));
  if (memory != nullptr) return AlignedArray<T>(static_cast<T*>(memory));
  return absl::ResourceExhaustedError(
      StrCat("the system does not give ", DescribeBytes(count * sizeof(T)), " of memory"));
}

// What operator new does without memory: the new-handler's work, or std::bad_alloc without one.
[[noreturn]] void MemoryRanOut();

// From now on memory that was not planned, or a thread, that the system does not give ends the
// process, on whichever thread: one line on stderr, exit code 1, no unfinished file left behind, no
// core dump. For programs: a library leaves that to its host.
void ExitWhenMemoryRunsOut();

// Gives back the pages that lie wholly in `part` of the mapping that begins at `mapping`: a
// mapped file's are read again when touched, those of anonymous memory become zeros.
void DropWholePages(uint8_t* mapping, std::span<const uint8_t> part);

}  // namespace sotto

#endif  // SOTTO_BASE_MEMORY_H_
