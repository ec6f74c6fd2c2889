// Whether the trusted side works while a slow accelerator does: a pass of 4 x 256 tokens in the
// clear, on a device that only takes its time. `over_busier` is the wall time over the larger of
// the two sides' busy times: 1 when all of the other's work is hidden behind it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "sotto/prefill.h"
#include "testing/test_data.h"
#include "testing/with_plain.h"
#include "tests/split/honest_server.h"

namespace sotto {
namespace {

constexpr size_t kPrompts = 4, kLength = 256;

class SlowWeights final : public DeviceWeights {
 public:
  SlowWeights(size_t n_in, size_t n_out) : n_in_(n_in), n_out_(n_out) {}
  size_t n_in() const override { return n_in_; }
  size_t n_out() const override { return n_out_; }

 private:
  const size_t n_in_, n_out_;
};

// Sleeps for as long as a device of its speed would multiply.
class SlowDevice final : public Device {
 public:
  explicit SlowDevice(double mega_products_per_ms) : speed_(mega_products_per_ms) {}

  std::string name() const override { return "slow"; }
  std::string precision(FloatPrecision) const override { return "f32"; }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision) override {
    return std::make_unique<SlowWeights>(w.cols(), w.rows());
  }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    return std::make_unique<SlowWeights>(w.cols(), w.rows());
  }
  absl::Status MultiplyFloat(const DeviceWeights&, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    std::fill_n(y.data(), y.size(), 0.0f);
    Take(x, y.cols());
    return absl::OkStatus();
  }
  absl::Status MultiplyRing(const DeviceWeights&, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    std::fill_n(y.data(), y.size(), 0u);
    Take(x, y.cols());
    return absl::OkStatus();
  }

 private:
  template <typename T>
  void Take(ConstMatrixView<T> x, size_t n_out) const {
    const double products = static_cast<double>(x.size() * n_out);
    std::this_thread::sleep_for(
        std::chrono::duration<double, std::milli>(products * 1e-6 / speed_));
  }

  const double speed_;
};

std::vector<TokenIds> SomePrompts() {
  std::vector<TokenIds> prompts(kPrompts);
  for (size_t p = 0; p < kPrompts; ++p) {
    for (size_t i = 0; i < kLength; ++i) {
      prompts[p].push_back(static_cast<int32_t>((1 + 37 * i + 101 * p * i) % 2048));
    }
  }
  return prompts;
}

// Argument: a million multiply-adds the device does in a millisecond.
void Overlap(benchmark::State& state) {
  SetLogLevel(LogLevel::kError);
  const std::string directory = ShippedModelDir();
  const HonestServer server =
      HonestServer::StartWith(std::make_unique<SlowDevice>(static_cast<double>(state.range(0))),
                              directory, [](ServerOptions&) {});
  const Model model = ValueOrDie(Model::Open(directory));
  PrefillOptions options{.prefill_length = kLength,
                         .batch_size = kPrompts,
                         .precision = Precision::kF32,
                         .threads = 2};
  options.split = SplitOptions{.endpoints = {server.endpoint()},
                               .protection = Protection::kPlain,
                               .data_plane = DataPlane::kShm};
  Prefill prefill = ValueOrDie(Prefill::Create(model, options));
  const std::vector<TokenIds> prompts = SomePrompts();
  double wall = 0, device = 0;
  for (auto _ : state) {
    const RunReport report = ValueOrDie(prefill.Run(prompts, {.logits = [](const LogitsRows&) {}}));
    wall += report.seconds;
    device = report.split->device_seconds;  // Of all runs.
  }
  state.counters["over_busier"] = wall / device;
}
BENCHMARK(Overlap)->Arg(5)->Arg(10)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace sotto
