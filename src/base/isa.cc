#include "base/isa.h"

#include "base/cpu.h"

namespace sotto {

const char* IsaName(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Bf16:
      return "avx512_bf16";
    case Isa::kAvx512Ifma:
      return "avx512_ifma";
    case Isa::kVaes:
      return "vaes";
    case Isa::kAmxBf16:
      return "amx_bf16";
  }
  return "";
}

bool CpuRuns(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return true;
    case Isa::kAvx2:
      return Cpu().avx2;
    case Isa::kAvx512:
      return Cpu().avx512;
    case Isa::kAvx512Bf16:
      return Cpu().avx512_bf16;
    case Isa::kAvx512Ifma:
      return Cpu().avx512_ifma;
    case Isa::kVaes:
      return Cpu().vaes;
    case Isa::kAmxBf16:  // Beside which vectors of bf16 are made.
      return Cpu().amx_bf16 && Cpu().avx512_bf16 && MayUseTiles();
  }
  return false;
}

}  // namespace sotto
