// What an accelerator can learn from when the client speaks: how long its device stands idle before
// each product, for batches of one shape whose prompts are long, and whose prompts are short. For
// each of a pass's products, Welch's t between the two: `max_t` is the greatest magnitude,
// `told_ms` the difference of mean total idle time, and `control_t` and `control_ms` the same
// between two halves of the passes with long prompts, which differ by chance alone. A pass is two
// batches.
//
// Argument: 1 to score every position alike, as `sotto prefill` does with a fixed shape; 0 to score
// the real ones only, which is what this measurement has to see.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "accelerator/devices/device_registry.h"
#include "base/log.h"
#include "model/config_presets.h"
#include "model/random_model.h"
#include "testing/forwarding_device.h"
#include "testing/temp_dir.h"
#include "testing/with_plain.h"
#include "tests/split/honest_server.h"
#include "trusted/api/batch_outputs.h"
#include "trusted/engine/engine.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

constexpr size_t kBatch = 2, kLength = 256, kShort = 8, kBatches = 2, kPasses = 12;
constexpr size_t kVocab = 65536;

// Notes how long it stood idle before each product.
class IdleDevice final : public ForwardingDevice {
 public:
  using ForwardingDevice::ForwardingDevice;

  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    const std::lock_guard lock(mutex_);
    const auto begin = Clock::now();
    idle_ms_.push_back(std::chrono::duration<double, std::milli>(begin - last_end_).count());
    absl::Status status = ForwardingDevice::MultiplyRing(weights, x, y);
    last_end_ = Clock::now();
    return status;
  }
  // Of all products since the last call but the first, before which nobody was waited for.
  std::vector<double> TakeIdleMs() {
    const std::lock_guard lock(mutex_);
    std::vector<double> idle = std::exchange(idle_ms_, {});
    if (!idle.empty()) idle.erase(idle.begin());
    return idle;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::mutex mutex_;
  Clock::time_point last_end_ = Clock::now();
  std::vector<double> idle_ms_;
};

// One layer and a wide vocabulary: scores are what takes long.
void WriteModel(const std::string& directory, ThreadPool& pool) {
  RandomModelOptions options{.config = *ConfigLike("llama-3.2-1b")};
  ModelSpec& c = options.config;
  c.vocab_size = kVocab, c.hidden_size = 256;
  c.layers.resize(1);
  c.layers[0].attention = AttentionOf(4, 2, 64);
  c.layers[0].mlp.intermediate_size = 512;
  c.bos_token_ids = c.eos_token_ids = {};
  SOTTO_CHECK(WriteRandomModel(options, directory, pool).ok());
}

using Prompts = std::vector<std::vector<int32_t>>;

Prompts RowsOf(size_t length) {
  Prompts rows;
  for (size_t p = 0; p < kBatch; ++p) {
    std::vector<int32_t>& ids = rows.emplace_back();
    for (size_t i = 0; i < length; ++i) ids.push_back(static_cast<int32_t>((977 * i + p) % kVocab));
  }
  return rows;
}

using Passes = std::vector<std::vector<double>>;

struct Moments {
  double mean, variance;
};
Moments MomentsOf(const Passes& passes, size_t product) {
  double sum = 0, squares = 0;
  const auto n = static_cast<double>(passes.size());
  for (const auto& pass : passes) sum += pass[product];
  for (const auto& pass : passes) squares += std::pow(pass[product] - sum / n, 2);
  return {sum / n, squares / (n - 1)};
}

// Greatest |t| over the products, and the difference of mean totals.
std::pair<double, double> Compare(const Passes& a, const Passes& b) {
  double max_t = 0, difference = 0;
  for (size_t k = 0; k < a[0].size(); ++k) {
    const Moments x = MomentsOf(a, k), y = MomentsOf(b, k);
    const double error = std::sqrt(x.variance / static_cast<double>(a.size()) +
                                   y.variance / static_cast<double>(b.size()));
    max_t = std::max(max_t, std::abs(x.mean - y.mean) / error);
    difference += x.mean - y.mean;
  }
  return {max_t, difference};
}

void Pauses(benchmark::State& state) {
  SetLogLevel(LogLevel::kError);
  const bool alike = state.range(0) == 1;
  ThreadPool pool(1);
  const TempDir dir;
  WriteModel(dir.File("model"), pool);
  auto device = std::make_unique<IdleDevice>(
      ValueOrDie(OpenDevices(std::vector<std::string>{"cpu"}, {.threads = 1})));
  IdleDevice& idle = *device;
  const HonestServer server =
      HonestServer::StartWith(std::move(device), dir.File("model"), [](ServerOptions&) {});
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(dir.File("model")));
  SplitSetup options;
  options.protection = Protection::kPlain;
  options.endpoints = {server.endpoint()};
  options.plain_format = NumberFormat::kRing32;
  const auto runtime = ValueOrDie(SplitRuntime::Prepare(checkpoint, options, pool));
  SplitLinear split = ValueOrDie(runtime->Connect());
  const auto engine =
      ValueOrDie(Engine::Create(checkpoint, std::move(split.linear),
                                EngineOptions{.batch_size = kBatch, .prefill_length = kLength}));
  const auto run = [&](const Prompts& rows) {
    const BatchMembers members = {0, 1};
    for (size_t batch = 0; batch < kBatches; ++batch) {
      BatchOutputs logits(rows, members, {.padded_length = kLength, .score = true});
      const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> block) {
        if (alike || position < rows[prompt].size()) logits.Take(prompt, position, block);
      };
      SOTTO_CHECK(engine->Run(rows, {.pad_compute = true}, sink).ok());
      SOTTO_CHECK(!logits.FirstNotFinite().has_value());
    }
    return idle.TakeIdleMs();
  };
  const Prompts long_rows = RowsOf(kLength), short_rows = RowsOf(kShort);
  run(long_rows);
  Passes with_long, with_short;
  for (auto _ : state) {
    with_long.push_back(run(long_rows));
    with_short.push_back(run(short_rows));
  }
  Passes halves[2];
  for (size_t i = 0; i < with_long.size(); ++i) halves[i % 2].push_back(with_long[i]);
  std::tie(state.counters["max_t"].value, state.counters["told_ms"].value) =
      Compare(with_long, with_short);
  std::tie(state.counters["control_t"].value, state.counters["control_ms"].value) =
      Compare(halves[0], halves[1]);
}
BENCHMARK(Pauses)
    ->Arg(1)
    ->Arg(0)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(kPasses);

}  // namespace
}  // namespace sotto
