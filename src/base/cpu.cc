#include "base/cpu.h"

#include <cpuid.h>
#include <immintrin.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

namespace sotto {
namespace {

// Register sets whose saving the system has enabled (XCR0).
uint64_t EnabledState() {
  uint32_t eax, edx;
  __asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return uint64_t{edx} << 32 | eax;
}

CpuFeatures Detect() {
  CpuFeatures f;
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_OSXSAVE) == 0) return f;
  const bool fma = (c & bit_FMA) != 0 && (c & bit_F16C) != 0;
  const bool aes = (c & bit_AES) != 0;
  const uint64_t state = EnabledState();
  const bool ymm = (state & 0x06) == 0x06, zmm = (state & 0xe6) == 0xe6;
  const bool tiles = (state & 0x60000) == 0x60000;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return f;
  f.avx2 = ymm && fma && (b & bit_AVX2) != 0;
  constexpr uint32_t kBase = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
  f.avx512 = f.avx2 && zmm && (b & kBase) == kBase;
  f.avx512_vnni = f.avx512 && (c & bit_AVX512VNNI) != 0;
  f.vaes = f.avx512 && aes && (c & bit_VAES) != 0;
  f.avx512_ifma = f.avx512 && (b & bit_AVX512IFMA) != 0;
  f.amx_bf16 = f.avx512 && tiles && (d & (1u << 22)) != 0;
  f.amx_int8 = f.avx512 && tiles && (d & (1u << 25)) != 0;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) f.avx512_bf16 = f.avx512 && (a & (1u << 5)) != 0;
  return f;
}

const CpuFeatures* override_for_testing = nullptr;

}  // namespace

const CpuFeatures& Cpu() {
  static const CpuFeatures features = Detect();
  return override_for_testing == nullptr ? features : *override_for_testing;
}

bool MayUseTiles() {
  constexpr int64_t kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM
  static const bool may = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return may;
}

void OverrideCpuForTesting(const CpuFeatures* features) { override_for_testing = features; }

std::string CpuFeatureString() {
  const CpuFeatures& f = Cpu();
  std::string s = f.avx512 ? "avx512" : f.avx2 ? "avx2" : "sse2";
  if (f.avx512_vnni) s += " vnni";
  if (f.avx512_bf16) s += " bf16";
  if (f.avx512_ifma) s += " ifma";
  if (f.amx_bf16) s += " amx-bf16";
  if (f.amx_int8) s += " amx-int8";
  return s;
}

int AvailableProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  const unsigned n = std::thread::hardware_concurrency();
  return n == 0 ? 1 : static_cast<int>(n);
}

}  // namespace sotto
