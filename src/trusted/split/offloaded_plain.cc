#include "trusted/split/offloaded_plain.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "base/cpu_clock.h"
#include "kernels/elementwise.h"
#include "kernels/measured_rates.h"
#include "trusted/linear/epilogue.h"
#include "trusted/split/timed.h"
#include "trusted/split/unprotected.h"

namespace sotto {

// Not in the unnamed namespace, for Counters derives from it.
struct PlainTimers {
  std::atomic<uint64_t> exchanges{0}, hiding_ns{0}, revealing_ns{0}, sending_ns{0}, waiting_ns{0};
};

namespace {

constexpr size_t kSlots = 2;
// Rows that one task converts or finishes.
constexpr size_t kTaskRows = 8;

size_t RoundUp(size_t bytes) { return (bytes + 63) / 64 * 64; }

BlindedRows Message(ConstMatrixView<float> rows) { return UnprotectedRows::F32(rows); }
BlindedRows Message(ConstMatrixView<BFloat16> rows) { return UnprotectedRows::Bf16(rows); }

void WriteRow(const LinearInput& input, size_t row, float* out) {
  const size_t n = input.x.cols();
  if (input.rms_weight != nullptr) {
    RmsNormRow(input.x.row(row), input.rms_weight, n, input.rms_eps, out);
  } else {
    std::copy_n(input.x.row(row), n, out);
  }
}
void WriteRow(const LinearInput& input, size_t row, BFloat16* out) {
  const size_t n = input.x.cols();
  if (input.rms_weight != nullptr) {
    RmsNormRow(input.x.row(row), input.rms_weight, n, input.rms_eps, out);
  } else {
    ConvertRow(input.x.row(row), n, out);
  }
}

// The products as f32: the answer itself, or widened into `scratch`.
float* Widened(float* answer, size_t, float*) { return answer; }
float* Widened(const BFloat16* answer, size_t n, float* scratch) {
  std::transform(answer, answer + n, scratch, [](BFloat16 v) { return ToFloat(v); });
  return scratch;
}

// What one call of Apply works in, cut from the caller's workspace.
template <typename T>
struct Workspace {
  Workspace(LinearShape shape, size_t rows, std::span<uint8_t> memory) : shape(shape) {
    uint8_t* at = memory.data();
    for (size_t i = 0; i < kSlots; ++i) {
      in[i] = reinterpret_cast<T*>(at);
      at += RoundUp(rows * shape.n_in * sizeof(T));
      out[i] = reinterpret_cast<T*>(at);
      at += RoundUp(rows * shape.n_out * sizeof(T));
    }
    scratch = reinterpret_cast<float*>(at);
  }
  static size_t Bytes(LinearShape shape, size_t rows, int threads) {
    return kSlots *
               (RoundUp(rows * shape.n_in * sizeof(T)) + RoundUp(rows * shape.n_out * sizeof(T))) +
           RoundUp(shape.n_out * sizeof(float)) * static_cast<size_t>(threads);
  }
  float* Scratch(int worker) const {
    return scratch +
           RoundUp(shape.n_out * sizeof(float)) / sizeof(float) * static_cast<size_t>(worker);
  }

  const LinearShape shape;
  std::array<T*, kSlots> in{}, out{};
  float* scratch = nullptr;  // [threads, n_out], rows 64-byte aligned.
};

// One layer applied to one input through a channel.
template <typename T>
class PlainProduct {
 public:
  PlainProduct(AcceleratorChannel& channel, LinearLayer layer, LinearShape shape,
               const LinearInput& input, size_t exchange_rows, PlainTimers& timers)
      : channel_(channel),
        layer_(layer),
        shape_(shape),
        input_(input),
        exchange_rows_(exchange_rows),
        workspace_(shape, exchange_rows, input.workspace),
        timers_(timers) {}

  absl::Status Run(std::span<const float> bias, LinearTail tail, MatrixView<float> y,
                   ThreadPool& pool) {
    const size_t tokens = input_.x.rows();
    size_t finished = 0;
    for (size_t begin = 0; begin < tokens; begin += exchange_rows_) {
      SOTTO_RETURN_IF_ERROR(Start(begin, pool));
      if (begin == 0) continue;
      SOTTO_RETURN_IF_ERROR(Finish(finished, bias, tail, y, pool));
      finished = begin;
    }
    return tokens == 0 ? absl::OkStatus() : Finish(finished, bias, tail, y, pool);
  }

 private:
  size_t SlotOf(size_t begin) const { return begin / exchange_rows_ % kSlots; }
  size_t RowsAt(size_t begin) const { return std::min(exchange_rows_, input_.x.rows() - begin); }

  absl::Status Start(size_t begin, ThreadPool& pool) {
    const size_t rows = RowsAt(begin), slot = SlotOf(begin);
    pool.ParallelFor((rows + kTaskRows - 1) / kTaskRows, [&](size_t task, int) {
      const Timed<ThreadCpuNs> timed(timers_.hiding_ns);
      for (size_t r = task * kTaskRows; r < std::min(rows, (task + 1) * kTaskRows); ++r) {
        WriteRow(input_, begin + r, workspace_.in[slot] + r * shape_.n_in);
      }
    });
    const Timed<WallNs> timed(timers_.sending_ns);
    const ConstMatrixView<T> x(workspace_.in[slot], rows, shape_.n_in);
    const MatrixView<T> answer(workspace_.out[slot], rows, shape_.n_out);
    SOTTO_ASSIGN_OR_RETURN(pending_[slot], channel_.Submit(layer_, Message(x), answer));
    ++timers_.exchanges;
    return absl::OkStatus();
  }

  absl::Status Finish(size_t begin, std::span<const float> bias, LinearTail tail,
                      MatrixView<float> y, ThreadPool& pool) {
    const size_t rows = RowsAt(begin), slot = SlotOf(begin);
    {
      const Timed<WallNs> timed(timers_.waiting_ns);
      SOTTO_RETURN_IF_ERROR(std::exchange(pending_[slot], nullptr)->Wait());
    }
    const Epilogue epilogue(
        {.precision = Precision::kF32, .bias = bias.empty() ? nullptr : bias.data()});
    const size_t up = shape_.n_out / 2, columns = tail == LinearTail::kSwiGlu ? up : shape_.n_out;
    pool.ParallelFor((rows + kTaskRows - 1) / kTaskRows, [&](size_t task, int worker) {
      const Timed<ThreadCpuNs> timed(timers_.revealing_ns);
      for (size_t r = task * kTaskRows; r < std::min(rows, (task + 1) * kTaskRows); ++r) {
        float* const values = Widened(workspace_.out[slot] + r * shape_.n_out, shape_.n_out,
                                      workspace_.Scratch(worker));
        epilogue.Finish({.values = values}, tail, 0, columns, up, y.row(begin + r));
      }
    });
    return absl::OkStatus();
  }

  AcceleratorChannel& channel_;
  const LinearLayer layer_;
  const LinearShape shape_;
  const LinearInput& input_;
  const size_t exchange_rows_;
  const Workspace<T> workspace_;
  PlainTimers& timers_;
  std::array<std::unique_ptr<AcceleratorChannel::Pending>, kSlots> pending_;
};

}  // namespace

struct OffloadedPlainLinear::Counters : PlainTimers {};

absl::StatusOr<std::unique_ptr<OffloadedPlainLinear>> OffloadedPlainLinear::Create(
    const Checkpoint& checkpoint, std::shared_ptr<AcceleratorChannel> channel,
    const PlainOptions& options) {
  SOTTO_CHECK(options.format == NumberFormat::kF32 || options.format == NumberFormat::kBf16);
  std::vector<std::vector<float>> biases;
  for (const LinearLayer layer : AllLinearLayers(checkpoint.config())) {
    SOTTO_ASSIGN_OR_RETURN(std::vector<float> bias, ReadLinearBias(checkpoint, layer));
    biases.push_back(std::move(bias));
  }
  return std::unique_ptr<OffloadedPlainLinear>(new OffloadedPlainLinear(
      checkpoint.config(), std::move(biases), std::move(channel), options));
}

OffloadedPlainLinear::OffloadedPlainLinear(const ModelSpec& config,
                                           std::vector<std::vector<float>> biases,
                                           std::shared_ptr<AcceleratorChannel> channel,
                                           const PlainOptions& options)
    : config_(config),
      biases_(std::move(biases)),
      channel_(std::move(channel)),
      options_(options),
      counters_(std::make_unique<Counters>()) {}

OffloadedPlainLinear::~OffloadedPlainLinear() = default;

size_t OffloadedPlainLinear::ExchangeRows(LinearLayer layer, size_t tokens) const {
  return std::max<size_t>(1, std::min({options_.exchange_rows, channel_->MaxRows(layer), tokens}));
}

size_t OffloadedPlainLinear::WorkspaceBytes(size_t max_tokens, int threads) const {
  size_t most = 0;
  for (const LinearLayer layer : AllLinearLayers(config_)) {
    const size_t rows = ExchangeRows(layer, max_tokens);
    most = std::max(most, Workspace<float>::Bytes(ShapeOf(config_, layer), rows, threads));
  }
  return most;
}

AttentionPrecision OffloadedPlainLinear::attention_precision() const {
  // As local bf16: linear/local.h.
  return options_.format == NumberFormat::kBf16 && AttentionRates().bf16_is_faster()
             ? AttentionPrecision::kBf16
             : AttentionPrecision::kF32;
}

absl::Status OffloadedPlainLinear::Apply(LinearLayer layer, const LinearInput& input,
                                         LinearTail tail, MatrixView<float> y, ThreadPool& pool) {
  const LinearShape shape = ShapeOf(config_, layer);
  const size_t rows = ExchangeRows(layer, input.x.rows());
  SOTTO_CHECK(input.x.cols() == shape.n_in && y.rows() == input.x.rows());
  SOTTO_CHECK(input.workspace.size() >= Workspace<float>::Bytes(shape, rows, pool.threads()));
  const std::span<const float> bias = biases_[LinearLayerIndex(config_, layer)];
  if (options_.format == NumberFormat::kBf16) {
    return PlainProduct<BFloat16>(*channel_, layer, shape, input, rows, *counters_)
        .Run(bias, tail, y, pool);
  }
  return PlainProduct<float>(*channel_, layer, shape, input, rows, *counters_)
      .Run(bias, tail, y, pool);
}

OffloadedStats OffloadedPlainLinear::stats() const {
  const PlainTimers& t = *counters_;
  return {t.exchanges, t.hiding_ns, t.revealing_ns, t.sending_ns, t.waiting_ns};
}

}  // namespace sotto
