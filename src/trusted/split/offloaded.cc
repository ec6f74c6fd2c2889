#include "trusted/split/offloaded.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/cpu_clock.h"
#include "base/gravest.h"
#include "base/strings.h"
#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"
#include "trusted/split/offloaded_call.h"
#include "trusted/split/reveal_row.h"
#include "trusted/split/timed.h"

namespace sotto {
namespace {

// Rows that one task hides or reveals: enough that setting up a mask's key, or reading the clock,
// costs nothing beside them.
constexpr size_t kTaskRows = 8;
// Answers of one exchange and server take at most this, or one row.
constexpr size_t kMaxAnswerBytes = size_t{8} << 20;

}  // namespace

struct OffloadedLinear::Counters {
  std::atomic<uint64_t> exchanges{0}, hiding_ns{0}, revealing_ns{0}, sending_ns{0}, waiting_ns{0};
};

OffloadedLinear::OffloadedLinear(std::shared_ptr<const ProtectedLayers> layers,
                                 std::unique_ptr<Blinder> blinder,
                                 std::vector<std::shared_ptr<AcceleratorChannel>> channels,
                                 const OffloadedOptions& options)
    : layers_(std::move(layers)),
      blinder_(std::move(blinder)),
      channels_(std::move(channels)),
      options_(options),
      counters_(std::make_unique<Counters>()) {
  SOTTO_CHECK(channels_.size() == blinder_->servers());
  SOTTO_CHECK(channels_.size() <= kMaxServers && options_.exchange_rows >= 1);
}

OffloadedLinear::~OffloadedLinear() {
  for (BegunExchange& exchange : stock_.TakeAll()) {
    for (auto& pending : exchange.pending) {
      if (pending != nullptr) std::exchange(pending, nullptr)->Wait().IgnoreError();
    }
  }
}

size_t OffloadedLinear::ExchangeRows(LinearLayer layer) const {
  const size_t row_bytes = ShapeOf(layers_->config(), layer).n_out * sizeof(uint32_t);
  size_t rows = std::min(options_.exchange_rows, blinder_->MaxRows(layer));
  for (const auto& channel : channels_) rows = std::min(rows, channel->MaxRows(layer));
  return std::max<size_t>(1, std::min(rows, kMaxAnswerBytes / row_bytes));
}

size_t OffloadedLinear::WorkspaceBytes(size_t max_tokens, int threads) const {
  size_t most = 0;
  for (LinearLayer layer : AllLinearLayers(layers_->config())) {
    const size_t rows = std::min(ExchangeRows(layer), max_tokens);
    most = std::max(most, Call(layers_->at(layer), channels_.size(), rows, threads, {}).bytes);
  }
  return most;
}

absl::Status OffloadedLinear::Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                                    MatrixView<float> y, ThreadPool& pool) {
  {
    std::lock_guard lock(mutex_);
    if (!dead_.ok()) return dead_;
  }
  const size_t rows = input.x.rows();
  Call call(layers_->at(layer), channels_.size(), std::min(ExchangeRows(layer), rows),
            pool.threads(), input.workspace);
  call.name = layer;
  call.input = &input;
  call.tail = tail;
  call.y = y;
  call.pool = &pool;
  size_t begun = 0;
  for (size_t first = 0; first < rows; first += call.exchange_rows, ++begun) {
    const size_t count = std::min(call.exchange_rows, rows - first);
    absl::Status status = Start(call, first, count, call.slots[begun % kSlots]);
    if (status.ok() && begun > 0) status = Finish(call, call.slots[(begun - 1) % kSlots]);
    if (!status.ok()) return Die(call, status);
  }
  if (begun == 0) return absl::OkStatus();
  const absl::Status status = Finish(call, call.slots[(begun - 1) % kSlots]);
  return status.ok() ? status : Die(call, status);
}

absl::StatusOr<BegunExchange> OffloadedLinear::Begin(LinearLayer layer, size_t rows) {
  if (std::optional<BegunExchange> ahead = stock_.Take(layer, rows)) return *std::move(ahead);
  BegunExchange exchange{.layer = layer, .rows = rows};
  exchange.pending.resize(channels_.size());
  SOTTO_ASSIGN_OR_RETURN(exchange.blinding, blinder_->Begin(layer, rows));
  return exchange;
}

absl::Status OffloadedLinear::BeginNext(LinearLayer layer, size_t rows) {
  const ModelSpec& config = layers_->config();
  const std::vector<LinearLayer> layers = AllLinearLayers(config);
  const size_t next = LinearLayerIndex(config, layer) + 1;
  // How many rows lm_head will have is for the caller to choose.
  if (next == layers.size() || layers[next].kind == LinearKind::kLmHead ||
      rows > ExchangeRows(layers[next]) || !stock_.Wants(layers[next])) {
    return absl::OkStatus();
  }
  BegunExchange exchange{.layer = layers[next], .rows = rows};
  exchange.blinding = blinder_->BeginAhead(exchange.layer, rows);
  if (exchange.blinding == nullptr) return absl::OkStatus();
  exchange.pending.resize(channels_.size());
  const MatrixView<uint32_t> nothing(nullptr, 0, layers_->at(exchange.layer).shape.n_out);
  for (size_t k = 0; k < channels_.size(); ++k) {
    if (exchange.blinding->SentRows(k) || exchange.blinding->Answers(k)) continue;
    SOTTO_ASSIGN_OR_RETURN(exchange.pending[k],
                           channels_[k]->Submit(exchange.layer, exchange.blinding->Message(k, {}),
                                                AnswerRows(nothing)));
  }
  stock_.Put(std::move(exchange));
  return absl::OkStatus();
}

absl::Status OffloadedLinear::Start(const Call& call, size_t first, size_t rows, Slot& slot) {
  const size_t n_in = call.layer.shape.n_in, n_out = call.layer.shape.n_out;
  const LinearInput& input = *call.input;
  slot.first = first;
  slot.rows = rows;
  SOTTO_ASSIGN_OR_RETURN(slot.exchange, Begin(call.name, rows));
  Blinding& blinding = *slot.exchange.blinding;
  const MatrixView<uint32_t> hidden(slot.hidden, rows, n_in);
  const auto send = [&](bool sent_rows) -> absl::Status {
    const Timed<WallNs> timed(counters_->sending_ns);
    if (!blinding.Exchanged()) return absl::OkStatus();
    for (size_t k = 0; k < channels_.size(); ++k) {
      if (blinding.SentRows(k) != sent_rows || slot.exchange.pending[k] != nullptr) continue;
      const MatrixView<uint32_t> answer(slot.answers + k * rows * n_out,
                                        blinding.Answers(k) ? rows : 0, n_out);
      SOTTO_ASSIGN_OR_RETURN(
          slot.exchange.pending[k],
          channels_[k]->Submit(call.name, blinding.Message(k, hidden), AnswerRows(answer)));
    }
    return absl::OkStatus();
  };
  SOTTO_RETURN_IF_ERROR(send(/*sent_rows=*/false));
  SOTTO_RETURN_IF_ERROR(BeginNext(call.name, rows));

  call.pool->ParallelFor((rows + kTaskRows - 1) / kTaskRows, [&](size_t task, int worker) {
    const Timed<ThreadCpuNs> timed(counters_->hiding_ns);
    float* const normed = call.Scratch(worker).data();
    auto* const words = reinterpret_cast<uint32_t*>(normed + n_in);
    const auto quantise = [&](size_t row, std::span<int32_t> xq) {
      const float* x = input.x.row(first + row);
      if (input.rms_weight != nullptr) {
        RmsNormRow(x, input.rms_weight, n_in, input.rms_eps, normed);
        x = normed;
      }
      slot.t[row] = QuantizeFixedRow(x, n_in, call.layer.limit, xq.data());
      if (options_.verify) slot.sums[row] = call.layer.key.ExpectedSum(xq);
    };
    const size_t begin = task * kTaskRows;
    blinding.Hide(begin, quantise, {words, 2 * n_in},
                  hidden.Rows(begin, std::min(kTaskRows, rows - begin)));
  });
  if (blinding.Exchanged()) counters_->exchanges.fetch_add(1, std::memory_order_relaxed);
  SOTTO_RETURN_IF_ERROR(send(/*sent_rows=*/true));
  slot.sent = true;
  return absl::OkStatus();
}

absl::Status OffloadedLinear::Finish(const Call& call, Slot& slot) {
  slot.sent = false;
  absl::Status status = absl::OkStatus();
  if (Await(slot, status)) KeepGravest(status, Reveal(call, slot));
  slot.exchange.blinding.reset();
  return status;
}

bool OffloadedLinear::Await(Slot& slot, absl::Status& status) {
  const Timed<WallNs> timed(counters_->waiting_ns);
  bool complete = true;
  for (size_t k = 0; k < channels_.size(); ++k) {
    if (slot.exchange.pending[k] == nullptr) continue;  // Not exchanged.
    const absl::Status answer = std::exchange(slot.exchange.pending[k], nullptr)->Wait();
    if (answer.ok()) continue;
    // All channels end now: nobody else is waited for, but what has come is verified.
    KeepGravest(status, Die(answer));
    complete &= !slot.exchange.blinding->Answers(k);
  }
  return complete;
}

absl::Status OffloadedLinear::Reveal(const Call& call, Slot& slot) {
  slot.exchange.blinding->PrepareToReveal(*call.pool);
  const size_t n_out = call.layer.shape.n_out;
  const auto reveal = [&](size_t r, std::span<float> scratch) {
    std::array<const uint32_t*, kMaxServers> answers;
    for (size_t k = 0; k < channels_.size(); ++k) {
      answers[k] = slot.answers + (k * slot.rows + r) * n_out;
    }
    const RevealedRow row{
        .row = r,
        .answers = std::span(answers).first(channels_.size()),
        .expected_sum = options_.verify ? std::optional(slot.sums[r]) : std::nullopt,
        .t = slot.t[r],
        .tail = call.tail,
        .y = call.y.row(slot.first + r)};
    slot.sums[r] = RevealRow(call.layer, *slot.exchange.blinding, row, scratch);
  };
  call.pool->ParallelFor((slot.rows + kTaskRows - 1) / kTaskRows, [&](size_t task, int worker) {
    const Timed<ThreadCpuNs> timed(counters_->revealing_ns);
    const size_t end = std::min(slot.rows, (task + 1) * kTaskRows);
    for (size_t r = task * kTaskRows; r < end; ++r) reveal(r, call.Scratch(worker));
  });
  uint64_t all_passed = ~uint64_t{0};
  for (size_t r = 0; r < slot.rows; ++r) all_passed &= slot.sums[r];
  if (all_passed == ~uint64_t{0}) return absl::OkStatus();
  std::string endpoints;
  for (const auto& channel : channels_) endpoints += StrCat(" ", channel->endpoint());
  return absl::AbortedError(StrCat("an answer for ", LinearLayerName(call.name),
                                   " failed verification; accelerators:", endpoints));
}

absl::Status OffloadedLinear::Die(Call& call, const absl::Status& why) {
  absl::Status gravest = Die(why);
  for (Slot& slot : call.slots) {
    if (absl::IsAborted(gravest)) break;
    if (!slot.sent || !slot.exchange.blinding->Exchanged()) continue;
    KeepGravest(gravest, Die(Finish(call, slot)));
  }
  return gravest;
}

absl::Status OffloadedLinear::Die(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  if (!KeepGravest(dead_, why)) return dead_;
  blinder_->Destroy(dead_);
  for (const auto& channel : channels_) channel->Fail(dead_);
  stock_.TakeAll();
  if (options_.caught != nullptr) options_.caught->Note(dead_);
  return dead_;
}

OffloadedStats OffloadedLinear::stats() const {
  const Counters& c = *counters_;
  return {c.exchanges, c.hiding_ns, c.revealing_ns, c.sending_ns, c.waiting_ns};
}

}  // namespace sotto
