// What a benchmark's figures are to be read with: the processor.
#ifndef SOTTO_TOOLS_MACHINE_NAME_H_
#define SOTTO_TOOLS_MACHINE_NAME_H_

#include <string>

namespace sotto {

// "AMD EPYC 7B13 (avx2 vaes), caches L1d 32K L1i 32K L2 512K L3 32768K": the model, the features
// that Sotto knows, and the caches of processor 0. What the system does not say is left out.
std::string MachineName();

// The caches under a directory such as /sys/devices/system/cpu/cpu0/cache: "L1d 32K L2 512K".
std::string CachesUnder(const std::string& directory);

}  // namespace sotto

#endif  // SOTTO_TOOLS_MACHINE_NAME_H_
