// What this processor can do, asked once.
#ifndef SOTTO_BASE_CPU_H_
#define SOTTO_BASE_CPU_H_

#include <string>

namespace sotto {

struct CpuFeatures {
  bool avx2 = false;         // with FMA and F16C
  bool avx512 = false;       // F, BW, DQ, VL, with the system saving the registers
  bool avx512_vnni = false;  // u8 x s8 -> s32 dot products
  bool avx512_bf16 = false;  // bf16 dot products
  bool avx512_ifma = false;  // 52-bit multiply-add
  bool vaes = false;         // AES rounds on 512-bit registers
  bool amx_bf16 = false, amx_int8 = false;
};

const CpuFeatures& Cpu();
// Whether Linux lets this process use AMX's tiles, which it has to be asked for once. REQUIRES:
// Cpu() has AMX.
bool MayUseTiles();
// What Cpu() says from now on; null: the truth. Before other threads exist, in tests alone.
void OverrideCpuForTesting(const CpuFeatures* features);

// "avx512-bf16 vnni ifma": for logs, result files and the tag of packed-weight caches.
std::string CpuFeatureString();

// Processors this process may run on (sched_getaffinity).
int AvailableProcessors();

}  // namespace sotto

#endif  // SOTTO_BASE_CPU_H_
