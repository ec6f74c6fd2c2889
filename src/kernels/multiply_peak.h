// What no matrix product can exceed: the rate at which this CPU's multiply-add instructions issue.
#ifndef SOTTO_KERNELS_MULTIPLY_PEAK_H_
#define SOTTO_KERNELS_MULTIPLY_PEAK_H_

#include <cstddef>

#include "kernels/gemm.h"

namespace sotto {

// Runs `rounds` rounds of independent multiply-add instructions on registers alone, the widest that
// the CPU has for these operands (tiles, where it has AMX and the system lets the process use it),
// and returns the operations done (two a multiply-add); 0 where
// there is no such instruction, and nothing was run. The caller takes the time.
double RunMultiplyAdds(GemmOperands operands, size_t rounds);

}  // namespace sotto

#endif  // SOTTO_KERNELS_MULTIPLY_PEAK_H_
