// How many file descriptors the process may have.
#ifndef SOTTO_BASE_DESCRIPTOR_LIMIT_H_
#define SOTTO_BASE_DESCRIPTOR_LIMIT_H_

#include <cstddef>

#include "base/status.h"

namespace sotto {

// Raises the process's limit as far as its hard limit allows, which needs no privilege. For
// programs: a library leaves the limits of its host alone.
void RaiseDescriptorLimit();
// RLIMIT_NOFILE as it is now.
size_t DescriptorLimit();
// Opens `count` descriptors that are there at once, and closes them. RESOURCE_EXHAUSTED with both
// figures, and the limit, when the system gives fewer.
absl::Status TryDescriptors(size_t count);

}  // namespace sotto

#endif  // SOTTO_BASE_DESCRIPTOR_LIMIT_H_
