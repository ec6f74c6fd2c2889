// What a piece of work executes, loads and stores, address by address: it is stepped through in a
// child process (ptrace), and Zydis says which addresses each instruction forms of its registers.
// Test-only.
#ifndef SOTTO_TESTING_MEMORY_TRACE_H_
#define SOTTO_TESTING_MEMORY_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"

namespace sotto {

struct MemoryTrace {
  // Of each instruction in turn, and behind it those of its operands in memory, the stack's too.
  std::vector<uint64_t> addresses;
  // It has gathers or scatters, whose addresses stand in vector registers and are not told.
  bool vector_addresses = false;

  bool operator==(const MemoryTrace&) const = default;
};

// Where the traced part of a work begins and ends.
inline void StartTrace() { __asm__ volatile("int3" ::: "memory"); }
inline void EndTrace() { __asm__ volatile("int3" ::: "memory"); }

// The traces of work(0), .., work(choices - 1), each in a child that is this process as it is now:
// memory lies at the same addresses in all of them, and what they allocate, too. `work` calls
// StartTrace() and EndTrace() once each, and is single-threaded. Empty where this system permits
// no tracing, or where a child ended before its trace did. The caller has no other threads.
std::vector<MemoryTrace> TraceEach(size_t choices, absl::FunctionRef<void(size_t choice)> work);

}  // namespace sotto

#endif  // SOTTO_TESTING_MEMORY_TRACE_H_
