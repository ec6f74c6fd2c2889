#include "trusted/split/pad_factory.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "base/cpu_clock.h"
#include "base/gravest.h"
#include "base/strings.h"
#include "protocol/keystream.h"

namespace sotto {
namespace {

// As split/offloaded.cc bounds an exchange's answer.
constexpr size_t kMaxProductBytes = size_t{8} << 20;

}  // namespace

PadFactory::PadFactory(std::shared_ptr<const PadWeights> weights, const PadOptions& options,
                       Drbg& random)
    : weights_(std::move(weights)),
      options_(options),
      layers_(AllLinearLayers(weights_->config())),
      drbg_(random.Fork()),
      store_(layers_.size(), options.store, random),
      waiting_(layers_.size(), 0) {
  SOTTO_CHECK(options.rows >= 1 && options.rows <= kGemmRowBlock);
  SOTTO_CHECK(options.block_rows >= 1 && options.lm_head_block_rows >= 1);
  thread_ = std::thread([this] { Main(); });
}

PadFactory::~PadFactory() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

size_t PadFactory::MaxRows(LinearLayer layer) const {
  const size_t row_bytes = ShapeOf(weights_->config(), layer).n_out * sizeof(uint32_t);
  return std::max<size_t>(1, std::min(options_.rows, kMaxProductBytes / row_bytes));
}

absl::StatusOr<std::optional<Pad>> PadFactory::Take(LinearLayer layer) {
  const size_t kind = LinearLayerIndex(weights_->config(), layer);
  std::unique_lock lock(mutex_);
  for (bool waited = false;; waited = true) {
    SOTTO_RETURN_IF_ERROR(destroyed_);
    SOTTO_RETURN_IF_ERROR(failure_);
    SOTTO_ASSIGN_OR_RETURN(std::optional<Pad> pad, store_.Take(kind));
    if (pad) {
      ++stats_.used;
      changed_.notify_all();  // There is room for another.
      return pad;
    }
    if (options_.when_out == WhenOut::kLocal) {
      ++stats_.local_exchanges;
      return std::nullopt;
    }
    if (options_.when_out == WhenOut::kFail) {
      return absl::ResourceExhaustedError(StrCat("out of pads for ", LinearLayerName(layer)));
    }
    if (!waited) ++stats_.waits;
    ++waiting_[kind];
    changed_.notify_all();
    changed_.wait(lock,
                  [&] { return store_.count(kind) > 0 || !destroyed_.ok() || !failure_.ok(); });
    --waiting_[kind];
  }
}

void PadFactory::Destroy(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  KeepGravest(destroyed_, why);
  store_.Clear();
  changed_.notify_all();
}

absl::Status PadFactory::AwaitStock() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return WholePassInStock() || NextKind() < 0 || !destroyed_.ok() || !failure_.ok();
  });
  return failure_;
}

PadStats PadFactory::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

size_t PadFactory::PadsPerPass(size_t kind) const {
  const bool lm_head = layers_[kind].kind == LinearKind::kLmHead;
  const size_t rows = std::max<size_t>(1, lm_head ? options_.lm_head_rows : options_.pass_rows);
  const size_t block = lm_head ? options_.lm_head_block_rows : options_.block_rows;
  const auto pads = [per_pad = MaxRows(layers_[kind])](size_t n) {
    return (n + per_pad - 1) / per_pad;
  };
  return rows / block * pads(block) + pads(rows % block);
}

bool PadFactory::WholePassInStock() const {
  for (size_t kind = 0; kind < layers_.size(); ++kind) {
    if (store_.count(kind) < PadsPerPass(kind)) return false;
  }
  return true;
}

int PadFactory::NextKind() const {
  size_t next = 0;
  for (size_t kind = 0; kind < layers_.size(); ++kind) {
    // Somebody waits: made whether there is room or not, or nothing would ever be used up.
    if (static_cast<size_t>(waiting_[kind]) > store_.count(kind)) return static_cast<int>(kind);
    // The smallest share of a pass's need; the first in the order of the pass where equal.
    if (store_.count(kind) * PadsPerPass(next) < store_.count(next) * PadsPerPass(kind)) {
      next = kind;
    }
  }
  const LinearShape shape = ShapeOf(weights_->config(), layers_[next]);
  const size_t bytes =
      Pad::kProductOffset + MaxRows(layers_[next]) * shape.n_out * sizeof(uint32_t);
  return store_.HasRoomFor(bytes) ? static_cast<int>(next) : -1;
}

Pad PadFactory::Make(size_t kind, PadWeights::Workspace& workspace, ThreadPool& pool) {
  const LinearLayer layer = layers_[kind];
  const auto [n_in, n_out] = ShapeOf(weights_->config(), layer);
  const size_t rows = MaxRows(layer);
  Pad pad = Pad::Make(rows, n_out);
  drbg_.Generate(pad.seed());
  SecretBuffer mask(rows * n_in * sizeof(uint32_t));
  auto* const words = reinterpret_cast<uint32_t*>(mask.span().data());
  ExpandSeed(pad.seed(), 0, {words, rows * n_in});
  weights_->Multiply(layer, {words, rows, n_in}, {pad.product(), rows, n_out}, workspace, pool);
  return pad;
}

void PadFactory::Main() {
  // Its pool's threads inherit the name: tools tell offline work from online by it.
  pthread_setname_np(pthread_self(), kPadThreadName);
  ThreadPool pool(options_.threads);
  PadWeights::Workspace workspace;
  std::unique_lock lock(mutex_);
  for (;;) {
    int kind = -1;
    changed_.wait(lock, [&] {
      return stop_ || (destroyed_.ok() && failure_.ok() && (kind = NextKind()) >= 0);
    });
    if (stop_) return;
    lock.unlock();
    const auto start = std::chrono::steady_clock::now();
    const uint64_t cpu_start = ThreadCpuNs();
    Pad pad = Make(static_cast<size_t>(kind), workspace, pool);
    const uint64_t cpu_ns = ThreadCpuNs() - cpu_start;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    lock.lock();
    ++stats_.made;
    stats_.offline_cpu_ns += cpu_ns * static_cast<uint64_t>(options_.threads);
    stats_.offline_seconds += elapsed.count();
    if (destroyed_.ok()) {
      const absl::Status put = store_.Put(static_cast<size_t>(kind), std::move(pad));
      if (!put.ok()) failure_ = absl::UnavailableError(put.message());
    }
    changed_.notify_all();
  }
}

}  // namespace sotto
