#include "kernels/elementwise.h"

#include <vector>

#include "base/cpu.h"
#include "kernels/elementwise_kernels.h"

namespace sotto {
namespace {

std::vector<const ElementwiseKernels*> RunnableElementwise() {
  std::vector<const ElementwiseKernels*> kernels = {&PortableElementwise()};
  if (Cpu().avx2) kernels.push_back(&Avx2Elementwise());
  if (Cpu().avx512) kernels.push_back(&Avx512Elementwise());
  return kernels;
}

const ElementwiseKernels& Best() {
  static const ElementwiseKernels& best = *RunnableElementwise().back();
  return best;
}

}  // namespace

std::span<const ElementwiseKernels* const> AllElementwiseKernels() {
  static const auto& kernels = *new std::vector<const ElementwiseKernels*>(RunnableElementwise());
  return kernels;
}

void RmsNormRow(const float* x, const float* weight, size_t n, float eps, float* y) {
  Best().rms_norm(x, weight, n, eps, y);
}
void RmsNormRow(const float* x, const float* weight, size_t n, float eps, BFloat16* y) {
  Best().rms_norm_bf16(x, weight, n, eps, y);
}
float QuantizeInt8Row(const float* x, size_t n, uint8_t* q) {
  return Best().quantize_int8(x, n, q);
}
float RmsNormQuantizeInt8Row(const float* x, const float* weight, size_t n, float eps, uint8_t* q) {
  return Best().rms_norm_int8(x, weight, n, eps, q);
}
void ConvertRow(const float* x, size_t n, BFloat16* y) { Best().convert(x, n, y); }
float MaxMagnitudeRow(const float* x, size_t n) { return Best().max_magnitude(x, n); }
void SwiGluRow(const float* gate, const float* up, size_t n, float* y) {
  Best().swiglu(gate, up, n, y);
}
void SwiGluRow(const float* gate, const float* up, size_t n, BFloat16* y) {
  Best().swiglu_bf16(gate, up, n, y);
}
void AddRow(const float* x, size_t n, float* y) { Best().add(x, n, y); }
void ExpRow(const float* x, size_t n, float* y) { Best().exp(x, n, y); }
double LogSumExpRow(const float* x, size_t n) { return Best().log_sum_exp(x, n); }
size_t ArgMaxRow(const float* x, size_t n) { return Best().arg_max(x, n); }

}  // namespace sotto
