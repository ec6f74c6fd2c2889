// How much memory there is, asked before it is needed.
#ifndef SOTTO_BASE_MEMORY_H_
#define SOTTO_BASE_MEMORY_H_

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace sotto {

// What the system says this process can still get without swapping: MemAvailable of /proc/meminfo,
// or what the control group leaves, the lesser. The largest number where neither can be read.
uint64_t AvailableMemoryBytes();

// FAILED_PRECONDITION with both figures when `needed_bytes` are more than available. `what` begins
// the message.
absl::Status CheckMemoryFits(std::string_view what, uint64_t needed_bytes,
                             uint64_t available_bytes = AvailableMemoryBytes());

}  // namespace sotto

#endif  // SOTTO_BASE_MEMORY_H_
