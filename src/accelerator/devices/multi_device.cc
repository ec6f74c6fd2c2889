#include "accelerator/devices/multi_device.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include "absl/functional/function_ref.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

// The product that speed is measured with: large enough to fill a device, small enough to be quick.
constexpr size_t kProbeTokens = 64, kProbeInputs = 512, kProbeOutputs = 512;

// The better of two runs, after one that warms up, in products a second.
absl::StatusOr<double> ProductsPerSecond(absl::FunctionRef<absl::Status()> product) {
  double best_seconds = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 3; ++run) {
    const auto start = std::chrono::steady_clock::now();
    SOTTO_RETURN_IF_ERROR(product());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (run > 0) best_seconds = std::min(best_seconds, elapsed.count());
  }
  return 1.0 / std::max(best_seconds, 1e-9);
}

absl::StatusOr<double> MeasureFloat(Device& device) {
  Matrix<float> w(kProbeOutputs, kProbeInputs), x(kProbeTokens, kProbeInputs),
      y(kProbeTokens, kProbeOutputs);
  std::fill_n(w.view().data(), w.view().size(), 0.5f);
  std::fill_n(x.view().data(), x.view().size(), 0.5f);
  SOTTO_ASSIGN_OR_RETURN(const auto weights, device.LoadFloat(w.view(), FloatPrecision::kFastest));
  return ProductsPerSecond([&] { return device.MultiplyFloat(*weights, x.view(), y.view()); });
}

absl::StatusOr<double> MeasureRing(Device& device) {
  Matrix<int16_t> w(kProbeOutputs, kProbeInputs);
  Matrix<uint32_t> x(kProbeTokens, kProbeInputs), y(kProbeTokens, kProbeOutputs);
  std::fill_n(w.view().data(), w.view().size(), int16_t{-777});
  std::fill_n(x.view().data(), x.view().size(), 0x89abcdefu);
  SOTTO_ASSIGN_OR_RETURN(const auto weights, device.LoadRing(w.view()));
  return ProductsPerSecond([&] { return device.MultiplyRing(*weights, x.view(), y.view()); });
}

// One device's columns [begin, begin + weights->n_out()) of a layer.
struct Part {
  size_t device;
  size_t begin;
  std::unique_ptr<DeviceWeights> weights;
};

class MultiWeights : public DeviceWeights {
 public:
  MultiWeights(size_t n_in, size_t n_out, std::vector<Part> parts)
      : n_in_(n_in), n_out_(n_out), parts_(std::move(parts)) {}
  size_t n_in() const override { return n_in_; }
  size_t n_out() const override { return n_out_; }
  const std::vector<Part>& parts() const { return parts_; }

 private:
  size_t n_in_, n_out_;
  std::vector<Part> parts_;
};

class MultiDevice : public Device {
 public:
  MultiDevice(std::vector<std::unique_ptr<Device>> devices, std::vector<double> float_speeds,
              std::vector<double> ring_speeds)
      : devices_(std::move(devices)),
        float_speeds_(std::move(float_speeds)),
        ring_speeds_(std::move(ring_speeds)) {}

  std::string name() const override {
    return Join([](const Device& device) { return device.name(); });
  }
  std::string precision(FloatPrecision precision) const override {
    const std::string first = devices_[0]->precision(precision);
    const bool alike = std::all_of(devices_.begin(), devices_.end(), [&](const auto& device) {
      return device->precision(precision) == first;
    });
    if (alike) return first;
    return Join([&](const Device& device) { return device.precision(precision); });
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision precision) override {
    return Load<float>(w, float_speeds_, [&](Device& device, ConstMatrixView<float> rows) {
      return device.LoadFloat(rows, precision);
    });
  }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    return Load<int16_t>(w, ring_speeds_, [](Device& device, ConstMatrixView<int16_t> rows) {
      return device.LoadRing(rows);
    });
  }

  absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    return EachPart<float>(weights, y,
                           [&](Device& device, const Part& part, MatrixView<float> columns) {
                             return device.MultiplyFloat(*part.weights, x, columns);
                           });
  }
  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    return EachPart<uint32_t>(weights, y,
                              [&](Device& device, const Part& part, MatrixView<uint32_t> columns) {
                                return device.MultiplyRing(*part.weights, x, columns);
                              });
  }

  bool expands_seeds() const override {
    return std::all_of(devices_.begin(), devices_.end(),
                       [](const auto& device) { return device->expands_seeds(); });
  }
  absl::Status MultiplyRingSeed(const DeviceWeights& weights, SeedBytes seed,
                                const std::optional<SeedColumns>& mask,
                                MatrixView<uint32_t> y) override {
    return EachPart<uint32_t>(
        weights, y, [&](Device& device, const Part& part, MatrixView<uint32_t> columns) {
          std::optional<SeedColumns> part_of_mask = mask;
          if (mask) part_of_mask->first += part.begin;
          return device.MultiplyRingSeed(*part.weights, seed, part_of_mask, columns);
        });
  }

  // Of the first device that has such memory: to the others it is memory like any other.
  HostMemory AllocatePinned(size_t size_bytes) override {
    for (const auto& device : devices_) {
      if (HostMemory pinned = device->AllocatePinned(size_bytes)) return pinned;
    }
    return HostMemory(nullptr, nullptr);
  }

 private:
  std::string Join(absl::FunctionRef<std::string(const Device&)> word) const {
    std::string words;
    for (const auto& device : devices_) words += (words.empty() ? "" : " + ") + word(*device);
    return words;
  }

  absl::Status Blame(size_t device, const absl::Status& status) const {
    if (status.ok()) return status;
    return {status.code(), ToAbsl(StrCat(devices_[device]->name(), ": ", ToStd(status.message())))};
  }

  template <typename T>
  using Loader = absl::FunctionRef<absl::StatusOr<std::unique_ptr<DeviceWeights>>(
      Device&, ConstMatrixView<T>)>;
  // Multiplies one part's columns of y.
  template <typename T>
  using Multiplier = absl::FunctionRef<absl::Status(Device&, const Part&, MatrixView<T>)>;

  template <typename T>
  absl::StatusOr<std::unique_ptr<DeviceWeights>> Load(ConstMatrixView<T> w,
                                                      const std::vector<double>& speeds,
                                                      Loader<T> load) {
    const std::vector<size_t> ends = SplitColumns(w.rows(), speeds);
    std::vector<Part> parts;
    for (size_t d = 0, begin = 0; d < devices_.size(); begin = ends[d++]) {
      if (ends[d] == begin) continue;
      auto weights = load(*devices_[d], w.Rows(begin, ends[d] - begin));
      if (!weights.ok()) return Blame(d, weights.status());
      parts.push_back({d, begin, *std::move(weights)});
    }
    return std::make_unique<MultiWeights>(w.cols(), w.rows(), std::move(parts));
  }

  template <typename T>
  absl::Status EachPart(const DeviceWeights& weights, MatrixView<T> y, Multiplier<T> multiply) {
    const auto* ours = dynamic_cast<const MultiWeights*>(&weights);
    SOTTO_CHECK(ours != nullptr);
    std::vector<absl::Status> statuses(ours->parts().size());
    const auto run = [&](size_t i) {
      const Part& part = ours->parts()[i];
      const MatrixView<T> columns = y.Cols(part.begin, part.weights->n_out());
      statuses[i] = Blame(part.device, multiply(*devices_[part.device], part, columns));
    };
    // A thread a call costs tens of microseconds: little beside a layer, and it keeps calls of
    // several sessions independent of each other.
    std::vector<std::thread> others;
    for (size_t i = 1; i < statuses.size(); ++i) others.emplace_back(run, i);
    run(0);
    for (std::thread& other : others) other.join();
    for (const absl::Status& status : statuses) SOTTO_RETURN_IF_ERROR(status);
    return absl::OkStatus();
  }

  const std::vector<std::unique_ptr<Device>> devices_;
  const std::vector<double> float_speeds_, ring_speeds_;
};

}  // namespace

std::vector<size_t> SplitColumns(size_t columns, std::span<const double> speeds) {
  const double total = std::accumulate(speeds.begin(), speeds.end(), 0.0);
  std::vector<size_t> ends;
  double sum = 0.0;
  for (const double speed : speeds) {
    sum += speed;
    const auto steps = std::llround(static_cast<double>(columns) * sum / total / kColumnStep);
    ends.push_back(std::min(columns, static_cast<size_t>(steps) * kColumnStep));
  }
  ends.back() = columns;
  return ends;
}

absl::StatusOr<std::unique_ptr<Device>> MakeMultiDevice(
    std::vector<std::unique_ptr<Device>> devices) {
  SOTTO_CHECK(!devices.empty());
  std::vector<double> float_speeds, ring_speeds;
  // One after the other: two devices that are the same processors would slow each other.
  for (const auto& device : devices) {
    SOTTO_ASSIGN_OR_RETURN(float_speeds.emplace_back(), MeasureFloat(*device));
    SOTTO_ASSIGN_OR_RETURN(ring_speeds.emplace_back(), MeasureRing(*device));
  }
  return std::make_unique<MultiDevice>(std::move(devices), std::move(float_speeds),
                                       std::move(ring_speeds));
}

}  // namespace sotto
