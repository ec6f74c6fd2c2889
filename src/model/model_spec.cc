#include "model/model_spec.h"

#include <cmath>
#include <numbers>

namespace sotto {
namespace {

// transformers' modeling_rope_utils.py, `_compute_llama3_parameters`: long wavelengths are
// stretched by `factor`, short ones kept, those between blended.
double Llama3Frequency(double frequency, const RopeScaling& scaling) {
  const double wavelength = 2 * std::numbers::pi / frequency;
  const double context = scaling.original_max_position_embeddings;
  if (wavelength < context / scaling.high_freq_factor) return frequency;
  if (wavelength > context / scaling.low_freq_factor) return frequency / scaling.factor;
  const double smooth = (context / wavelength - scaling.low_freq_factor) /
                        (scaling.high_freq_factor - scaling.low_freq_factor);
  return (1 - smooth) * frequency / scaling.factor + smooth * frequency;
}

double ScaledFrequency(double frequency, const RopeScaling& scaling) {
  switch (scaling.type) {
    case RopeScalingType::kNone:
    case RopeScalingType::kDynamic:
      return frequency;
    case RopeScalingType::kLinear:
      return frequency / scaling.factor;
    case RopeScalingType::kLlama3:
      return Llama3Frequency(frequency, scaling);
  }
  return frequency;
}

}  // namespace

std::vector<double> RopeInverseFrequencies(const RopeSpec& rope, size_t head_dim) {
  std::vector<double> frequencies(head_dim / 2);
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(head_dim);
    frequencies[i] = ScaledFrequency(std::pow(rope.theta, -exponent), rope.scaling);
  }
  return frequencies;
}

const char* HeadName(HeadKind head) {
  switch (head) {
    case HeadKind::kLmHead:
      return "lm_head";
    case HeadKind::kClassifier:
      return "classifier";
    case HeadKind::kNone:
      return "none";
  }
  return "none";
}

AttentionSpec AttentionOf(size_t num_heads, size_t num_kv_heads, size_t head_dim) {
  AttentionSpec spec;
  spec.num_heads = num_heads;
  spec.num_kv_heads = num_kv_heads;
  spec.head_dim = head_dim;
  spec.scale = 1.0 / std::sqrt(static_cast<double>(head_dim));
  return spec;
}

}  // namespace sotto
