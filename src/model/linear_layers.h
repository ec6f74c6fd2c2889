// The linear layers of a model, as both sides of the trust boundary name them. Layers that
// share an input are one: q/k/v, and gate/up. So a block has four, and the model one more
// (lm_head) where it has one. A classifier's few rows are none of them: they stay in the trusted
// process.
#ifndef SOTTO_MODEL_LINEAR_LAYERS_H_
#define SOTTO_MODEL_LINEAR_LAYERS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "base/status.h"
#include "model/checkpoint.h"
#include "model/model_spec.h"

namespace sotto {

enum class LinearKind : uint8_t {
  kQkv = 0,
  kAttentionOut = 1,
  kGateUp = 2,
  kDown = 3,
  kLmHead = 4
};

struct LinearLayer {
  LinearKind kind = LinearKind::kLmHead;
  uint32_t block = 0;  // 0 for kLmHead.

  friend bool operator==(const LinearLayer&, const LinearLayer&) = default;
};

// W is [n_out, n_in], row-major as in the checkpoint: y = x W^T (+ bias).
// kQkv: rows of q_proj, then k_proj, then v_proj. kGateUp: rows of gate_proj, then up_proj.
struct LinearShape {
  size_t n_in = 0, n_out = 0;
};
LinearShape ShapeOf(const ModelSpec& config, LinearLayer layer);

// All layers in the order the forward pass uses them; the position is the layer's index.
std::vector<LinearLayer> AllLinearLayers(const ModelSpec& config);
size_t LinearLayerIndex(const ModelSpec& config, LinearLayer layer);

// "model.layers.3.qkv", "lm_head": for messages, metrics and the wire.
std::string LinearLayerName(LinearLayer layer);

// Whether all of the layer's weights are stored as `dtype`.
bool IsStoredAs(const Checkpoint& checkpoint, LinearLayer layer, DType dtype);
// Reads rows [begin, begin + out.rows()) of the (fused) weight as f32, in the checkpoint's order.
absl::Status ReadLinearRows(const Checkpoint& checkpoint, LinearLayer layer, size_t begin,
                            MatrixView<float> out);
// Whether the config gives the layer a bias.
bool HasBias(const ModelSpec& config, LinearLayer layer);
// The fused bias, [n_out]; empty when the layer has none. Biases stay in the trusted process: they
// are added after unblinding.
absl::StatusOr<std::vector<float>> ReadLinearBias(const Checkpoint& checkpoint, LinearLayer layer);
void DropLinearPages(const Checkpoint& checkpoint, LinearLayer layer);

}  // namespace sotto

#endif  // SOTTO_MODEL_LINEAR_LAYERS_H_
