// Whether the system gives the threads that gRPC starts. Where it refuses one, because of a limit
// on threads or on the address space, gRPC ends the process by an abort; so it is tried beforehand.
#ifndef SOTTO_PROTOCOL_THREAD_ROOM_H_
#define SOTTO_PROTOCOL_THREAD_ROOM_H_

#include <cstddef>

#include "base/status.h"

namespace sotto {

// Starts `count` threads one after the other, each with memory of its own, that are all there at
// once, and ends them.
// RESOURCE_EXHAUSTED with both figures when the system gives fewer.
absl::Status TryThreads(size_t count);

// The same with as many as gRPC starts at once; once a process, for gRPC keeps its threads.
absl::Status CheckThreadRoom();

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_THREAD_ROOM_H_
