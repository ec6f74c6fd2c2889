#include "kernels/multiply_peak.h"

#include <cstdint>

#include "base/cpu.h"
#include "kernels/tile_config.h"

// Twelve chains cover the latency on every current processor. In assembly, because a compiler would
// be right to remove work whose result nobody reads. Registers start as zeros: values do not
// change the rate, but denormals could.
#define SOTTO_MULTIPLY_ADDS(OP, REG)                                                          \
  __asm__ volatile(                                                                           \
      ".irp i,0,1,2,3,4,5,6,7,8,9,10,11,12,13\n\t"                                            \
      "vxorps %%ymm\\i, %%ymm\\i, %%ymm\\i\n\t"                                               \
      ".endr\n\t"                                                                             \
      ".balign 32\n"                                                                          \
      "1:\n\t"                                                                                \
      ".rept 10\n\t"                                                                          \
      ".irp i,2,3,4,5,6,7,8,9,10,11,12,13\n\t" OP " %%" REG "0, %%" REG "1, %%" REG           \
      "\\i\n\t"                                                                               \
      ".endr\n\t"                                                                             \
      ".endr\n\t"                                                                             \
      "dec %0\n\t"                                                                            \
      "jnz 1b\n\t"                                                                            \
      "vzeroupper"                                                                            \
      : "+r"(left)                                                                            \
      :                                                                                       \
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
        "xmm10", "xmm11", "xmm12", "xmm13")

// Six accumulators over two tiles of operands, all of 16 rows of 64 bytes. No compiler uses tiles
// unasked: there is nothing to save.
#define SOTTO_TILE_MULTIPLY_ADDS(OP)  \
  __asm__ volatile(                   \
      "ldtilecfg %1\n\t"              \
      ".irp i,0,1,2,3,4,5,6,7\n\t"    \
      "tilezero %%tmm\\i\n\t"         \
      ".endr\n\t"                     \
      ".balign 32\n"                  \
      "1:\n\t"                        \
      ".irp i,2,3,4,5,6,7\n\t" OP     \
      " %%tmm0, %%tmm1, %%tmm\\i\n\t" \
      ".endr\n\t"                     \
      "dec %0\n\t"                    \
      "jnz 1b\n\t"                    \
      "tilerelease"                   \
      : "+r"(left)                    \
      : "m"(kFullTiles)               \
      : "cc")

namespace sotto {
namespace {

constexpr double kInstructionsPerRound = 12 * 10;

double Operations(size_t rounds, double multiply_adds_per_instruction) {
  return 2.0 * static_cast<double>(rounds) * kInstructionsPerRound * multiply_adds_per_instruction;
}

double RunF32(size_t rounds) {
  size_t left = rounds;
  if (Cpu().avx512) {
    SOTTO_MULTIPLY_ADDS("vfmadd231ps", "zmm");
    return Operations(rounds, 16);
  }
  if (!Cpu().avx2) return 0;
  SOTTO_MULTIPLY_ADDS("vfmadd231ps", "ymm");
  return Operations(rounds, 8);
}

constexpr double kTilesPerRound = 6, kTileOutputs = 16 * 16;

double RunBf16(size_t rounds) {
  size_t left = rounds;
  if (Cpu().amx_bf16 && MayUseTiles()) {
    SOTTO_TILE_MULTIPLY_ADDS("tdpbf16ps");
    return 2.0 * static_cast<double>(rounds) * kTilesPerRound * kTileOutputs * 32;
  }
  if (!Cpu().avx512_bf16) return 0;
  SOTTO_MULTIPLY_ADDS("vdpbf16ps", "zmm");
  return Operations(rounds, 32);
}

double RunInt8(size_t rounds) {
  size_t left = rounds;
  if (Cpu().amx_int8 && MayUseTiles()) {
    SOTTO_TILE_MULTIPLY_ADDS("tdpbusd");
    return 2.0 * static_cast<double>(rounds) * kTilesPerRound * kTileOutputs * 64;
  }
  if (!Cpu().avx512_vnni) return 0;
  SOTTO_MULTIPLY_ADDS("vpdpbusd", "zmm");
  return Operations(rounds, 64);
}

}  // namespace

double RunMultiplyAdds(GemmOperands operands, size_t rounds) {
  if (rounds == 0) return 0;
  switch (operands) {
    case GemmOperands::kF32:
    case GemmOperands::kF32ByBf16:
      return RunF32(rounds);
    case GemmOperands::kBf16:
      return RunBf16(rounds);
    case GemmOperands::kU8S8:
    case GemmOperands::kU8S16:
      return RunInt8(rounds);
  }
  return 0;
}

}  // namespace sotto
