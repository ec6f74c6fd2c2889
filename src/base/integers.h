// Integer arithmetic.
#ifndef SOTTO_BASE_INTEGERS_H_
#define SOTTO_BASE_INTEGERS_H_

#include <cstddef>

namespace sotto {

// n / unit, rounded up. `unit` is positive, and n + unit must not overflow.
constexpr size_t CeilDiv(size_t n, size_t unit) { return (n + unit - 1) / unit; }

}  // namespace sotto

#endif  // SOTTO_BASE_INTEGERS_H_
