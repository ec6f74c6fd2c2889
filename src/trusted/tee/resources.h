// What this process has used so far, where the system counts it.
#ifndef SOTTO_TRUSTED_TEE_RESOURCES_H_
#define SOTTO_TRUSTED_TEE_RESOURCES_H_

#include <cstdint>
#include <optional>

namespace sotto {

// Whether the system counts what this process uses. Gramine does not: there the processor time of a
// process or thread is wall time, and its memory zero.
bool CountsResources();

// Processor time of this process so far, all threads; of no meaning unless CountsResources().
double ProcessCpuSeconds();

// The most memory this process has had resident so far; none unless CountsResources().
std::optional<uint64_t> PeakResidentBytes();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TEE_RESOURCES_H_
