#include "tools/bench_work.h"

#include "model/linear_layers.h"

namespace sotto {
namespace {

double Elements(const ModelSpec& config, LinearLayer layer) {
  const LinearShape shape = ShapeOf(config, layer);
  return static_cast<double>(shape.n_in) * static_cast<double>(shape.n_out);
}

double BytesPerWeight(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return 4;
    case Precision::kBf16:
    case Precision::kFixed:  // Weights of 12 bits.
      return 2;
    case Precision::kInt8:
      return 1;
  }
  return 0;
}

}  // namespace

double WeightBytes(const ModelSpec& config, Precision precision) {
  double elements = 0;
  for (const LinearLayer& layer : AllLinearLayers(config)) elements += Elements(config, layer);
  return elements * BytesPerWeight(precision);
}

double PlanesOf(Precision precision) { return precision == Precision::kFixed ? 4 : 1; }

}  // namespace sotto
