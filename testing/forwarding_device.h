// A device that does what another does, for fakes to change in one point: it takes no seeds, so
// that every ring product is a MultiplyRing. Test-only.
#ifndef SOTTO_TESTING_FORWARDING_DEVICE_H_
#define SOTTO_TESTING_FORWARDING_DEVICE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "accelerator/device.h"

namespace sotto {

class ForwardingDevice : public Device {
 public:
  explicit ForwardingDevice(std::unique_ptr<Device> inner) : inner_(std::move(inner)) {}

  std::string name() const override { return inner_->name(); }
  std::string precision(FloatPrecision precision) const override {
    return inner_->precision(precision);
  }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision precision) override {
    return inner_->LoadFloat(w, precision);
  }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    return inner_->LoadRing(w);
  }
  absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    return inner_->MultiplyFloat(weights, x, y);
  }
  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    return inner_->MultiplyRing(weights, x, y);
  }

 private:
  const std::unique_ptr<Device> inner_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_FORWARDING_DEVICE_H_
