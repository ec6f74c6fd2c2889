// Computes the answer to one checked request. Knows nothing of sessions or transports.
#ifndef SOTTO_ACCELERATOR_EXECUTOR_H_
#define SOTTO_ACCELERATOR_EXECUTOR_H_

#include <cstdint>
#include <span>

#include "absl/functional/function_ref.h"
#include "accelerator/served_model.h"
#include "base/status.h"
#include "protocol/messages.h"

namespace sotto {

class Executor {
 public:
  // `format`: of the session's weights. It decides what floats are multiplied in: f32 in a session
  // of F32, whatever is fastest in one of BF16.
  Executor(ServedModel& model, DeviceFormat format) : model_(model), format_(format) {}

  // payload: sizes.request_bytes, 8-byte aligned; answer: sizes.answer_bytes, likewise; of a
  // relay's source sizes.relayed_bytes, the masked product. A sink's answer still lacks that.
  // `sizes` came from CheckRequest for this request. INVALID_ARGUMENT for a token id out of range;
  // CANCELLED when the client is `gone`, which is asked between the products of a batch. The
  // payload is scratch afterwards.
  absl::Status Run(const RequestHeader& request, const ExchangeSizes& sizes,
                   std::span<uint8_t> payload, std::span<uint8_t> answer,
                   absl::FunctionRef<bool()> gone);

 private:
  absl::Status RunFloat(const RequestHeader& request, const ExchangeSizes& sizes, const float* x,
                        float* y);
  absl::Status RunBf16(const RequestHeader& request, const ExchangeSizes& sizes,
                       std::span<uint8_t> payload, std::span<uint8_t> answer);
  absl::Status RunRing(const RequestHeader& request, const ExchangeSizes& sizes,
                       std::span<uint8_t> payload, std::span<uint8_t> answer);
  absl::Status RunRelaySource(const RequestHeader& request, const ExchangeSizes& sizes,
                              std::span<uint8_t> answer);
  // The product of the rows that request.seed stands for, and the matrix of `mask` if any.
  absl::Status RunSeed(const RequestHeader& request, const ExchangeSizes& sizes,
                       const DeviceWeights& weights, const Seed* mask, std::span<uint8_t> answer);
  absl::Status RunEmbedding(const RequestHeader& request, std::span<uint8_t> payload,
                            std::span<uint8_t> answer);
  absl::Status RunMatMul(const RequestHeader& request, const float* operands, float* y,
                         absl::FunctionRef<bool()> gone);

  ServedModel& model_;
  const DeviceFormat format_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_EXECUTOR_H_
