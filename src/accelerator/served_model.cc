#include "accelerator/served_model.h"

#include "base/cpu.h"
#include "base/thread_pool.h"
#include "model/quantized_weights.h"

namespace sotto {
namespace {

// Rows quantised at a time: the f32 copy of a whole layer never exists for the ring format.
constexpr size_t kRowsAtATime = 256;

absl::StatusOr<Matrix<int16_t>> ReadQuantized(const Checkpoint& checkpoint, LinearLayer layer,
                                              FixedWeights width) {
  const LinearShape shape = ShapeOf(checkpoint.config(), layer);
  Matrix<int16_t> quantized(shape.n_out, shape.n_in);
  Matrix<float> rows(std::min(kRowsAtATime, shape.n_out), shape.n_in);
  std::vector<float> scales(rows.rows());
  std::vector<uint32_t> l1_norms(rows.rows());
  for (size_t begin = 0; begin < shape.n_out; begin += rows.rows()) {
    const size_t count = std::min(rows.rows(), shape.n_out - begin);
    const MatrixView<float> part = rows.view().Rows(0, count);
    SOTTO_RETURN_IF_ERROR(ReadLinearRows(checkpoint, layer, begin, part));
    QuantizeFixedWeightRows(part, width, quantized.view().Rows(begin, count), scales.data(),
                            l1_norms.data());
  }
  return quantized;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServedModel>> ServedModel::Open(const std::string& model_dir,
                                                               std::unique_ptr<Device> device) {
  SOTTO_ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open(model_dir));
  ThreadPool pool(AvailableProcessors());
  SOTTO_ASSIGN_OR_RETURN(std::string digest, checkpoint.WeightsSha256(pool));
  return std::unique_ptr<ServedModel>(
      new ServedModel(std::move(checkpoint), std::move(digest), std::move(device)));
}

ServedModel::ServedModel(Checkpoint checkpoint, std::string weights_sha256,
                         std::unique_ptr<Device> device)
    : checkpoint_(std::move(checkpoint)),
      shape_(ShapeOfModel(checkpoint_.config())),
      layers_(AllLinearLayers(checkpoint_.config())),
      weights_sha256_(std::move(weights_sha256)),
      device_(std::move(device)),
      bf16_is_f32_(device_->precision(FloatPrecision::kFastest) ==
                   device_->precision(FloatPrecision::kF32)),
      f32_slots_(layers_.size()),
      bf16_slots_(layers_.size()),
      ring_slots_(layers_.size()),
      narrow_ring_slots_(layers_.size()) {}

absl::Status ServedModel::Load(DeviceFormat format) {
  for (size_t i = 0; i < layers_.size(); ++i) {
    SOTTO_RETURN_IF_ERROR(Weights(i, format).status());
  }
  return absl::OkStatus();
}

std::vector<ServedModel::Slot>& ServedModel::Slots(DeviceFormat format) {
  if (format == DeviceFormat::kRing) return ring_slots_;
  if (format == DeviceFormat::kNarrowRing) return narrow_ring_slots_;
  return format == DeviceFormat::kF32 || bf16_is_f32_ ? f32_slots_ : bf16_slots_;
}

absl::StatusOr<const DeviceWeights*> ServedModel::Weights(size_t layer_index, DeviceFormat format) {
  SOTTO_CHECK(layer_index < layers_.size());
  Slot& slot = Slots(format)[layer_index];
  std::lock_guard lock(slot.mutex);
  if (slot.weights == nullptr) {
    SOTTO_ASSIGN_OR_RETURN(slot.weights, LoadLayer(layers_[layer_index], format));
  }
  return slot.weights.get();
}

absl::StatusOr<std::unique_ptr<DeviceWeights>> ServedModel::LoadLayer(LinearLayer layer,
                                                                      DeviceFormat format) {
  const auto drop_pages = [&] { DropLinearPages(checkpoint_, layer); };
  if (format == DeviceFormat::kRing || format == DeviceFormat::kNarrowRing) {
    const FixedWeights width =
        format == DeviceFormat::kRing ? FixedWeights::k12Bits : FixedWeights::k8Bits;
    SOTTO_ASSIGN_OR_RETURN(const Matrix<int16_t> quantized,
                           ReadQuantized(checkpoint_, layer, width));
    drop_pages();
    return device_->LoadRing(quantized.view());
  }
  const LinearShape shape = ShapeOf(checkpoint_.config(), layer);
  Matrix<float> weights(shape.n_out, shape.n_in);
  SOTTO_RETURN_IF_ERROR(ReadLinearRows(checkpoint_, layer, 0, weights.view()));
  drop_pages();
  return device_->LoadFloat(weights.view(), PrecisionOf(format));
}

}  // namespace sotto
