#include "accelerator/exchange_cost.h"

namespace sotto {

uint64_t CostOf(const RequestHeader& request, const ExchangeSizes& sizes) {
  if (request.operation == Operation::kEmbedding) return request.rows * sizes.n_out;
  const uint64_t arithmetic = uint64_t{request.rows} * sizes.n_in * sizes.n_out;
  if (request.operation != Operation::kMatMul) return arithmetic;
  return arithmetic + request.mat_mul.batch * kCostPerProduct;
}

}  // namespace sotto
