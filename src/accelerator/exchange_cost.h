// What an exchange takes of the device, for fair sharing.
#ifndef SOTTO_ACCELERATOR_EXCHANGE_COST_H_
#define SOTTO_ACCELERATOR_EXCHANGE_COST_H_

#include <cstdint>

#include "protocol/messages.h"

namespace sotto {

// What each product of a batch costs beside its arithmetic, in multiply-adds: its right side is
// loaded as a layer's weights are, which took 150 microseconds for a single number (one core, at
// some 10^10 multiply-adds a second).
inline constexpr uint64_t kCostPerProduct = uint64_t{1} << 20;

// Multiply-adds and their equivalent; at least 1. `sizes` came from CheckRequest for `request`.
uint64_t CostOf(const RequestHeader& request, const ExchangeSizes& sizes);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_EXCHANGE_COST_H_
