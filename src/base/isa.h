// Which of several implementations of the same functions this processor runs best.
//
// Functions that are written for several instruction sets are the members of a struct of pointers,
// `Isa isa` the first of them. For each instruction set one file defines one constant of that
// struct; an IsaTable lists the constants. Files compiled for an instruction set of their own see
// this header and must instantiate nothing of it.
#ifndef SOTTO_BASE_ISA_H_
#define SOTTO_BASE_ISA_H_

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>

#include "base/check.h"

namespace sotto {

// What an implementation asks of the processor beyond x86-64.
enum class Isa { kPortable, kAvx2, kAvx512, kAvx512Bf16, kAvx512Ifma, kVaes, kAmxBf16 };

// "avx512_bf16".
const char* IsaName(Isa isa);
// Whether Cpu() has it, and this process may use it.
bool CpuRuns(Isa isa);

// The implementations that this processor runs, found out once.
template <typename Kernels>
class IsaTable {
 public:
  // All there are, the best last and one portable.
  IsaTable(std::initializer_list<const Kernels*> all) {
    for (const Kernels* kernels : all) {
      if (!CpuRuns(kernels->isa)) continue;
      SOTTO_CHECK(count_ < runnable_.size());
      runnable_[count_++] = kernels;
    }
    SOTTO_CHECK(count_ > 0);
  }

  // In the order given.
  std::span<const Kernels* const> runnable() const { return {runnable_.data(), count_}; }
  const Kernels& best() const { return *runnable_[count_ - 1]; }

 private:
  std::array<const Kernels*, 5> runnable_{};
  size_t count_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_BASE_ISA_H_
