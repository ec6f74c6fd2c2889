#include "accelerator/devices/opencl_device.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "accelerator/devices/byte_weights.h"
#include "accelerator/devices/opencl_program.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

// Tokens multiplied at a time: bounds the buffers of long inputs.
constexpr size_t kMaxTokens = 2048;
// The product that candidates are compared with.
constexpr uint32_t kWarmUpTokens = 64, kWarmUpInputs = 512, kWarmUpOutputs = 512;

const std::vector<cl::Device>& AllDevices() {
  static const auto* devices = [] {
    auto* all = new std::vector<cl::Device>;
    std::vector<cl::Platform> platforms;
    cl::Platform::get(&platforms);  // Fails where no driver is installed: none, then.
    for (const cl::Platform& platform : platforms) {
      std::vector<cl::Device> some;
      if (platform.getDevices(CL_DEVICE_TYPE_ALL, &some) != CL_SUCCESS) continue;
      all->insert(all->end(), some.begin(), some.end());
    }
    return all;
  }();
  return *devices;
}

class OpenClWeights : public DeviceWeights {
 public:
  OpenClWeights(size_t n_in, size_t n_out, size_t element_bytes, cl::Buffer buffer)
      : n_in_(n_in), n_out_(n_out), element_bytes_(element_bytes), buffer_(std::move(buffer)) {}
  size_t n_in() const override { return n_in_; }
  size_t n_out() const override { return n_out_; }
  size_t element_bytes() const { return element_bytes_; }
  const cl::Buffer& buffer() const { return buffer_; }

 private:
  size_t n_in_, n_out_, element_bytes_;
  cl::Buffer buffer_;
};

// Seconds of one probe product, after one that warms up; infinity, without a second run, when that
// alone took more than `hopeless_seconds`.
absl::StatusOr<double> Measure(const OpenClQueue& queue, OpenClProduct& product,
                               double hopeless_seconds) {
  SOTTO_ASSIGN_OR_RETURN(const cl::Buffer x, queue.Allocate(4 * kWarmUpTokens * kWarmUpInputs));
  SOTTO_ASSIGN_OR_RETURN(const cl::Buffer w, queue.Allocate(4 * kWarmUpOutputs * kWarmUpInputs));
  SOTTO_ASSIGN_OR_RETURN(const cl::Buffer y, queue.Allocate(4 * kWarmUpTokens * kWarmUpOutputs));
  // Zeros, whatever the element: arithmetic on old bits could be slow (denormals).
  for (const auto& [buffer, elements] : {std::pair(x, kWarmUpTokens * kWarmUpInputs),
                                         std::pair(w, kWarmUpOutputs * kWarmUpInputs)}) {
    SOTTO_RETURN_IF_ERROR(OpenClStatus(
        queue.queue.enqueueFillBuffer(buffer, cl_uint{0}, 0, size_t{4} * elements), "fill"));
  }
  std::chrono::duration<double> elapsed{};
  for (int run = 0; run < 2; ++run) {
    SOTTO_RETURN_IF_ERROR(OpenClStatus(queue.queue.finish(), "clFinish"));
    const auto start = std::chrono::steady_clock::now();
    SOTTO_RETURN_IF_ERROR(
        product.Enqueue(queue, kWarmUpTokens, kWarmUpInputs, kWarmUpOutputs, x, w, y));
    SOTTO_RETURN_IF_ERROR(OpenClStatus(queue.queue.finish(), "clFinish"));
    elapsed = std::chrono::steady_clock::now() - start;
    if (elapsed.count() > hopeless_seconds) return std::numeric_limits<double>::infinity();
  }
  return elapsed.count();
}

struct Choice {
  const char* kernel;
  size_t tiling;
};

// The fastest of `kernels` over the tilings that the device can run.
absl::StatusOr<Choice> Search(const OpenClQueue& queue, const std::vector<const char*>& kernels,
                              const OpenClDeviceOptions& options, StoredWeights weights) {
  absl::StatusOr<Choice> best = absl::UnavailableError("no tiling fits the device");
  double best_seconds = std::numeric_limits<double>::infinity();
  for (const char* kernel : kernels) {
    for (size_t i = 0; i < std::size(kOpenClTilings); ++i) {
      if (options.tiling.has_value() && *options.tiling != i) continue;
      auto product = OpenClProduct::Compile(queue, kernel, kOpenClTilings[i], weights);
      if (!product.ok()) {
        // A candidate that some driver refuses is no reason to refuse the device.
        if (!best.ok()) best = product.status();
        continue;
      }
      SOTTO_ASSIGN_OR_RETURN(const double seconds, Measure(queue, *product, 4 * best_seconds));
      if (seconds < best_seconds) {
        best_seconds = seconds;
        best = Choice{kernel, i};
      }
    }
  }
  return best;
}

// Search(), once in a process for devices of one name: a host's GPUs are mostly alike.
absl::StatusOr<OpenClProduct> Tune(const OpenClQueue& queue,
                                   const std::vector<const char*>& kernels,
                                   const OpenClDeviceOptions& options, StoredWeights weights) {
  static auto* mutex = new std::mutex;
  static auto* choices = new std::map<std::string, Choice>;
  std::string key = StrCat(queue.device.getInfo<CL_DEVICE_NAME>(), static_cast<int>(weights), ";",
                           options.tiling.value_or(std::size(kOpenClTilings)));
  for (const char* kernel : kernels) key += StrCat(";", kernel);
  std::lock_guard lock(*mutex);
  auto found = choices->find(key);
  if (found == choices->end()) {
    SOTTO_ASSIGN_OR_RETURN(const Choice choice, Search(queue, kernels, options, weights));
    found = choices->emplace(key, choice).first;
  }
  return OpenClProduct::Compile(queue, found->second.kernel, kOpenClTilings[found->second.tiling],
                                weights);
}

// Kernels for weights in one format, as tuned.
struct Kernels {
  OpenClTranspose transpose;
  OpenClProduct multiply;
};
struct Parts {
  Kernels f32, ring, wide_ring;
  std::optional<Kernels> f16;  // Where f16 weights are the fastest.
};

class OpenClDevice : public Device {
 public:
  OpenClDevice(std::string name, OpenClQueue queue, Parts parts)
      : name_(std::move(name)),
        has_f16_(parts.f16.has_value()),
        queue_(std::move(queue)),
        parts_(std::move(parts)) {}

  std::string name() const override { return name_; }
  std::string precision(FloatPrecision precision) const override {
    return InF16(precision) ? "f16" : "f32";
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision precision) override {
    std::lock_guard lock(mutex_);
    if (InF16(precision)) return Upload(w, parts_.f16->transpose, kF16Bytes);
    return Upload(w, parts_.f32.transpose, sizeof(float));
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    if (w.cols() > kMaxRingInputs) {
      return absl::UnimplementedError(
          StrCat("ring product over ", w.cols(), " inputs; at most ", kMaxRingInputs));
    }
    std::lock_guard lock(mutex_);
    if (!FitBytes(w)) return Upload(w, parts_.wide_ring.transpose, kWideBytes);
    const Matrix<int8_t> bytes = NarrowToBytes(w);
    return Upload(bytes.view(), parts_.ring.transpose, sizeof(int8_t));
  }

  absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    const bool in_f16 = Ours(weights).element_bytes() == kF16Bytes;
    return Multiply(in_f16 ? parts_.f16->multiply : parts_.f32.multiply, Ours(weights), x, y);
  }
  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    const bool wide = Ours(weights).element_bytes() == kWideBytes;
    return Multiply(wide ? parts_.wide_ring.multiply : parts_.ring.multiply, Ours(weights), x, y);
  }

 private:
  static constexpr size_t kF16Bytes = 2, kWideBytes = sizeof(int16_t);

  bool InF16(FloatPrecision precision) const {
    return has_f16_ && precision == FloatPrecision::kFastest;
  }
  static const OpenClWeights& Ours(const DeviceWeights& weights) {
    const auto* ours = dynamic_cast<const OpenClWeights*>(&weights);
    SOTTO_CHECK(ours != nullptr);
    return *ours;
  }

  template <typename T>
  absl::StatusOr<std::unique_ptr<DeviceWeights>> Upload(ConstMatrixView<T> w,
                                                        OpenClTranspose& transpose,
                                                        size_t stored_bytes) {
    SOTTO_ASSIGN_OR_RETURN(const cl::Buffer rows, queue_.Allocate(w.size() * sizeof(T)));
    SOTTO_ASSIGN_OR_RETURN(cl::Buffer stored, queue_.Allocate(w.size() * stored_bytes));
    SOTTO_RETURN_IF_ERROR(queue_.Write(rows, w));
    SOTTO_RETURN_IF_ERROR(transpose.Run(queue_, w.rows(), w.cols(), rows, stored));
    return std::make_unique<OpenClWeights>(w.cols(), w.rows(), stored_bytes, std::move(stored));
  }

  // T: float or uint32_t.
  template <typename T>
  absl::Status Multiply(OpenClProduct& product, const OpenClWeights& w, ConstMatrixView<T> x,
                        MatrixView<T> y) {
    std::lock_guard lock(mutex_);
    for (size_t begin = 0; begin < x.rows(); begin += kMaxTokens) {
      const size_t tokens = std::min(kMaxTokens, x.rows() - begin);
      SOTTO_ASSIGN_OR_RETURN(const cl::Buffer in, x_.AtLeast(queue_, tokens * w.n_in() * 4));
      SOTTO_ASSIGN_OR_RETURN(const cl::Buffer out, y_.AtLeast(queue_, tokens * w.n_out() * 4));
      SOTTO_RETURN_IF_ERROR(queue_.Write(in, x.Rows(begin, tokens)));
      SOTTO_RETURN_IF_ERROR(product.Enqueue(queue_, static_cast<uint32_t>(tokens),
                                            static_cast<uint32_t>(w.n_in()),
                                            static_cast<uint32_t>(w.n_out()), in, w.buffer(), out));
      SOTTO_RETURN_IF_ERROR(queue_.Read(out, y.Rows(begin, tokens)));
    }
    return absl::OkStatus();
  }

  const std::string name_;
  const bool has_f16_;
  std::mutex mutex_;  // Of everything below.
  OpenClQueue queue_;
  Parts parts_;
  OpenClScratch x_, y_;
};

bool Has(const cl::Device& device, const char* extension) {
  return device.getInfo<CL_DEVICE_EXTENSIONS>().find(extension) != std::string::npos;
}

absl::StatusOr<Kernels> MakeKernels(const OpenClQueue& queue, const char* transpose,
                                    const std::vector<const char*>& products,
                                    const OpenClDeviceOptions& options, StoredWeights weights) {
  Kernels kernels;
  SOTTO_ASSIGN_OR_RETURN(kernels.transpose, OpenClTranspose::Compile(queue, transpose, weights));
  SOTTO_ASSIGN_OR_RETURN(kernels.multiply, Tune(queue, products, options, weights));
  return kernels;
}

absl::StatusOr<std::unique_ptr<Device>> MakeDevice(const cl::Device& device, std::string name,
                                                   const OpenClDeviceOptions& options) {
  const bool half_weights = options.half_weights.value_or(
      options.precision == FloatPrecision::kFastest && Has(device, "cl_khr_fp16"));
  std::vector<const char*> ring_kernels;
  if (options.ring_planes != true) ring_kernels.push_back("multiply_ring");
  if (options.ring_planes.value_or(Has(device, "cl_khr_integer_dot_product"))) {
    ring_kernels.push_back("multiply_ring_planes");
  }
  SOTTO_ASSIGN_OR_RETURN(OpenClQueue queue, OpenClQueue::Create(device));
  Parts parts;
  const std::vector<const char*> float_kernels = {"multiply_float"};
  SOTTO_ASSIGN_OR_RETURN(parts.f32, MakeKernels(queue, "transpose_float", float_kernels, options,
                                                StoredWeights::kPlain));
  SOTTO_ASSIGN_OR_RETURN(parts.ring, MakeKernels(queue, "transpose_ring", ring_kernels, options,
                                                 StoredWeights::kPlain));
  SOTTO_ASSIGN_OR_RETURN(parts.wide_ring, MakeKernels(queue, "transpose_ring", ring_kernels,
                                                      options, StoredWeights::kWide));
  if (half_weights) {
    SOTTO_ASSIGN_OR_RETURN(parts.f16, MakeKernels(queue, "transpose_float", float_kernels, options,
                                                  StoredWeights::kHalf));
  }
  return std::make_unique<OpenClDevice>(std::move(name), std::move(queue), std::move(parts));
}

}  // namespace

int OpenClDeviceCount() { return static_cast<int>(AllDevices().size()); }

absl::StatusOr<std::unique_ptr<Device>> MakeOpenClDevice(int index,
                                                         const OpenClDeviceOptions& options) {
  SOTTO_CHECK(index >= 0 && index < OpenClDeviceCount());
  const cl::Device& device = AllDevices()[index];
  const std::string name = StrCat("opencl:", index, " (", device.getInfo<CL_DEVICE_NAME>(), ")");
  auto made = MakeDevice(device, name, options);
  if (!made.ok()) {
    return absl::UnavailableError(StrCat(name, ": ", ToStd(made.status().message())));
  }
  return made;
}

const DeviceBackend kOpenClBackend = {
    "opencl", OpenClDeviceCount,
    [](int index, const DeviceOptions& options) -> absl::StatusOr<std::unique_ptr<Device>> {
      OpenClDeviceOptions ours;
      ours.precision = options.precision;
      return MakeOpenClDevice(index, ours);
    }};

}  // namespace sotto
