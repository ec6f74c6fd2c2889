// How much memory there is, asked before it is needed, and giving it back.
#ifndef SOTTO_BASE_MEMORY_H_
#define SOTTO_BASE_MEMORY_H_

#include <cstdint>
#include <span>
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

// Gives back the pages that lie wholly in `part` of the mapping that begins at `mapping`: a
// mapped file's are read again when touched, those of anonymous memory become zeros.
void DropWholePages(uint8_t* mapping, std::span<const uint8_t> part);

}  // namespace sotto

#endif  // SOTTO_BASE_MEMORY_H_
