#include "kernels/elementwise.h"

#include "kernels/elementwise_kernels.h"

namespace sotto {
namespace {

const ElementwiseKernels& BestElementwise() { return ElementwiseTable().best(); }

}  // namespace

const IsaTable<ElementwiseKernels>& ElementwiseTable() {
  static const IsaTable<ElementwiseKernels> table{&kPortableElementwise, &kAvx2Elementwise,
                                                  &kAvx512Elementwise};
  return table;
}

void RmsNormRow(const float* x, const float* weight, size_t n, float eps, float* y) {
  BestElementwise().rms_norm(x, weight, n, eps, y);
}
void RmsNormRow(const float* x, const float* weight, size_t n, float eps, BFloat16* y) {
  BestElementwise().rms_norm_bf16(x, weight, n, eps, y);
}
float QuantizeInt8Row(const float* x, size_t n, uint8_t* q) {
  return BestElementwise().quantize_int8(x, n, q);
}
float RmsNormQuantizeInt8Row(const float* x, const float* weight, size_t n, float eps, uint8_t* q) {
  return BestElementwise().rms_norm_int8(x, weight, n, eps, q);
}
void ConvertRow(const float* x, size_t n, BFloat16* y) { BestElementwise().convert(x, n, y); }
void WidenRow(const BFloat16* x, size_t n, float* y) { BestElementwise().widen(x, n, y); }
float MaxMagnitudeRow(const float* x, size_t n) { return BestElementwise().max_magnitude(x, n); }
void SwiGluRow(const float* gate, const float* up, size_t n, float* y) {
  BestElementwise().swiglu(gate, up, n, y);
}
void SwiGluRow(const float* gate, const float* up, size_t n, BFloat16* y) {
  BestElementwise().swiglu_bf16(gate, up, n, y);
}
void AddRow(const float* x, size_t n, float* y) { BestElementwise().add(x, n, y); }
void ExpRow(const float* x, size_t n, float* y) { BestElementwise().exp(x, n, y); }
double LogSumExpRow(const float* x, size_t n) { return BestElementwise().log_sum_exp(x, n); }
size_t ArgMaxRow(const float* x, size_t n) { return BestElementwise().arg_max(x, n); }
size_t CountBefore(const float* x, size_t n, size_t index, float value) {
  return BestElementwise().count_before(x, n, index, value);
}

}  // namespace sotto
