// The model a server multiplies with: public weights, loaded into the device in the number formats
// that are asked for.
#ifndef SOTTO_ACCELERATOR_SERVED_MODEL_H_
#define SOTTO_ACCELERATOR_SERVED_MODEL_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "accelerator/device.h"
#include "base/status.h"
#include "model/checkpoint.h"
#include "protocol/messages.h"

namespace sotto {

// The operands of products in a float format: f32 is never rounded further.
inline FloatPrecision PrecisionOf(DeviceFormat format) {
  return format == DeviceFormat::kF32 ? FloatPrecision::kF32 : FloatPrecision::kFastest;
}

// Thread-safe.
class ServedModel {
 public:
  // Opens the checkpoint and hashes its weights. `device` multiplies; several are one (devices/).
  // Errors as Checkpoint::Open.
  static absl::StatusOr<std::unique_ptr<ServedModel>> Open(const std::string& model_dir,
                                                           std::unique_ptr<Device> device);

  // Loads every layer now; without this, each is loaded when first asked for.
  absl::Status Load(DeviceFormat format);
  // The layer's weights in device memory. RESOURCE_EXHAUSTED when they do not fit.
  absl::StatusOr<const DeviceWeights*> Weights(size_t layer_index, DeviceFormat format);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const ModelShape& shape() const { return shape_; }
  const std::vector<LinearLayer>& layers() const { return layers_; }
  const std::string& weights_sha256() const { return weights_sha256_; }  // 64 hex digits
  Device& device() { return *device_; }

 private:
  struct Slot {
    std::mutex mutex;
    std::unique_ptr<DeviceWeights> weights;
  };

  ServedModel(Checkpoint checkpoint, std::string weights_sha256, std::unique_ptr<Device> device);
  std::vector<Slot>& Slots(DeviceFormat format);
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadLayer(LinearLayer layer, DeviceFormat format);

  Checkpoint checkpoint_;
  const ModelShape shape_;
  const std::vector<LinearLayer> layers_;
  const std::string weights_sha256_;
  std::unique_ptr<Device> device_;
  const bool bf16_is_f32_;  // To this device: one copy serves both formats.
  std::vector<Slot> f32_slots_, bf16_slots_, ring_slots_,
      narrow_ring_slots_;  // After device_: freed before it.
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_SERVED_MODEL_H_
