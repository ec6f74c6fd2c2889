#include "accelerator/executor.h"

#include "base/float_types.h"
#include "base/strings.h"
#include "protocol/keystream.h"
#include "protocol/relay_words.h"

namespace sotto {
namespace {

template <typename T>
T* As(std::span<uint8_t> bytes) {
  return reinterpret_cast<T*>(bytes.data());
}

}  // namespace

absl::Status Executor::Run(const RequestHeader& request, const ExchangeSizes& sizes,
                           std::span<uint8_t> payload, std::span<uint8_t> answer,
                           absl::FunctionRef<bool()> gone) {
  switch (request.operation) {
    case Operation::kEmbedding:
      return RunEmbedding(request, payload, answer);
    case Operation::kMatMul:
      return RunMatMul(request, As<float>(payload), As<float>(answer), gone);
    case Operation::kLinear:
    case Operation::kRelaySink:
      break;
    case Operation::kRelaySource:
      return RunRelaySource(request, sizes, answer);
  }
  switch (request.format) {
    case NumberFormat::kRing32:
      return RunRing(request, sizes, payload, answer);
    case NumberFormat::kBf16:
      return RunBf16(request, sizes, payload, answer);
    default:
      return RunFloat(request, sizes, As<float>(payload), As<float>(answer));
  }
}

absl::Status Executor::RunFloat(const RequestHeader& request, const ExchangeSizes& sizes,
                                const float* x, float* y) {
  SOTTO_ASSIGN_OR_RETURN(const DeviceWeights* weights, model_.Weights(request.layer, format_));
  return model_.device().MultiplyFloat(*weights, {x, request.rows, sizes.n_in},
                                       {y, request.rows, sizes.n_out});
}

absl::Status Executor::RunBf16(const RequestHeader& request, const ExchangeSizes& sizes,
                               std::span<uint8_t> payload, std::span<uint8_t> answer) {
  Matrix<float> x(request.rows, sizes.n_in), y(request.rows, sizes.n_out);
  const BFloat16* in = As<BFloat16>(payload);
  for (size_t i = 0; i < x.view().size(); ++i) x.view().data()[i] = ToFloat(in[i]);
  SOTTO_RETURN_IF_ERROR(RunFloat(request, sizes, x.view().data(), y.view().data()));
  BFloat16* out = As<BFloat16>(answer);
  for (size_t i = 0; i < y.view().size(); ++i) out[i] = ToBFloat16(y.view().data()[i]);
  return absl::OkStatus();
}

absl::Status Executor::RunRing(const RequestHeader& request, const ExchangeSizes& sizes,
                               std::span<uint8_t> payload, std::span<uint8_t> answer) {
  SOTTO_ASSIGN_OR_RETURN(const DeviceWeights* weights, model_.Weights(request.layer, format_));
  if (request.seed) return RunSeed(request, sizes, *weights, nullptr, answer);
  return model_.device().MultiplyRing(*weights, {As<uint32_t>(payload), request.rows, sizes.n_in},
                                      {As<uint32_t>(answer), request.rows, sizes.n_out});
}

absl::Status Executor::RunRelaySource(const RequestHeader& request, const ExchangeSizes& sizes,
                                      std::span<uint8_t> answer) {
  SOTTO_ASSIGN_OR_RETURN(const DeviceWeights* weights, model_.Weights(request.layer, format_));
  return RunSeed(request, sizes, *weights, &request.mask_seed, answer);
}

absl::Status Executor::RunSeed(const RequestHeader& request, const ExchangeSizes& sizes,
                               const DeviceWeights& weights, const Seed* mask,
                               std::span<uint8_t> answer) {
  const MatrixView<uint32_t> y(As<uint32_t>(answer), request.rows, sizes.n_out);
  if (model_.device().expands_seeds()) {
    std::optional<SeedColumns> columns;
    if (mask != nullptr) columns.emplace(SeedColumns{SeedBytes(*mask), sizes.n_out});
    return model_.device().MultiplyRingSeed(weights, SeedBytes(*request.seed), columns, y);
  }
  Matrix<uint32_t> x(request.rows, sizes.n_in);
  ExpandSeed(*request.seed, 0, {x.view().data(), x.view().size()});
  SOTTO_RETURN_IF_ERROR(model_.device().MultiplyRing(weights, x.view(), y));
  if (mask == nullptr) return absl::OkStatus();
  SeedExpander expander(*mask);
  AddRelayMask<uint32_t>(expander, {y.data(), y.size()});
  return absl::OkStatus();
}

absl::Status Executor::RunEmbedding(const RequestHeader& request, std::span<uint8_t> payload,
                                    std::span<uint8_t> answer) {
  const ModelShape& shape = model_.shape();
  SOTTO_ASSIGN_OR_RETURN(const TensorRef table,
                         model_.checkpoint().Find("model.embed_tokens.weight"));
  const int32_t* ids = As<int32_t>(payload);
  for (size_t i = 0; i < request.rows; ++i) {
    if (ids[i] < 0 || static_cast<size_t>(ids[i]) >= shape.vocab_size) {
      return absl::InvalidArgumentError(
          StrCat("token id at index ", i, " is outside the vocabulary of ", shape.vocab_size));
    }
    float* row = As<float>(answer) + i * shape.hidden_size;
    SOTTO_RETURN_IF_ERROR(model_.checkpoint().ReadRows(table, static_cast<size_t>(ids[i]),
                                                       {row, 1, shape.hidden_size}));
  }
  return absl::OkStatus();
}

absl::Status Executor::RunMatMul(const RequestHeader& request, const float* operands, float* y,
                                 absl::FunctionRef<bool()> gone) {
  const size_t batch = request.mat_mul.batch, m = request.mat_mul.m, n = request.mat_mul.n,
               k = request.mat_mul.k;
  const float* left = operands;
  const float* right = operands + batch * m * k;
  for (size_t b = 0; b < batch; ++b) {
    if (gone()) return absl::CancelledError("the client disconnected");
    SOTTO_ASSIGN_OR_RETURN(
        const std::unique_ptr<DeviceWeights> weights,
        model_.device().LoadFloat({right + b * n * k, n, k}, PrecisionOf(format_)));
    SOTTO_RETURN_IF_ERROR(
        model_.device().MultiplyFloat(*weights, {left + b * m * k, m, k}, {y + b * m * n, m, n}));
  }
  return absl::OkStatus();
}

}  // namespace sotto
