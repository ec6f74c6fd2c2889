#include <cmath>
#include <numbers>

#include "model/config.h"

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
      return frequency;
    case RopeScalingType::kLinear:
      return frequency / scaling.factor;
    case RopeScalingType::kLlama3:
      return Llama3Frequency(frequency, scaling);
  }
  return frequency;
}

}  // namespace

std::vector<double> RopeInverseFrequencies(const LlamaConfig& config) {
  std::vector<double> frequencies(config.head_dim / 2);
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(config.head_dim);
    frequencies[i] = ScaledFrequency(std::pow(config.rope_theta, -exponent), config.rope_scaling);
  }
  return frequencies;
}

}  // namespace sotto
