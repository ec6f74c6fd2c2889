// cuBLASLt, as far as the cuda device asks: column-major D = op(A) B with A transposed.
#include <cublasLt.h>

#include <cstdint>
#include <cstring>

#include "base/float_types.h"
#include "testing/emulated_cuda/emulated_cuda.h"

namespace sotto {
namespace {

struct EmulatedLayout {
  cudaDataType_t type;
  uint64_t rows, columns;
  int64_t leading;
};
struct EmulatedDesc {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  cublasOperation_t a = CUBLAS_OP_N;
};

const EmulatedLayout& LayoutOf(cublasLtMatrixLayout_t layout) {
  return *reinterpret_cast<const EmulatedLayout*>(layout);
}

// d[j, t] = sum over i of a[i, j] b[i, t]; columns contiguous.
template <typename Operand, typename Sum, typename Widen>
void MultiplyColumns(const EmulatedLayout& a, const Operand* a_data, const EmulatedLayout& b,
                     const Operand* b_data, Sum* d, Widen widen) {
  for (uint64_t t = 0; t < b.columns; ++t) {
    for (uint64_t j = 0; j < a.columns; ++j) {
      const Operand* x = a_data + j * a.rows;
      const Operand* y = b_data + t * b.rows;
      Sum sum = 0;
      for (uint64_t i = 0; i < a.rows; ++i) sum += widen(x[i]) * widen(y[i]);
      d[t * a.columns + j] = sum;
    }
  }
}

void MultiplyTyped(const EmulatedLayout& a, const void* a_data, const EmulatedLayout& b,
                   const void* b_data, void* d) {
  if (a.type == CUDA_R_8I) {
    MultiplyColumns(a, static_cast<const int8_t*>(a_data), b, static_cast<const int8_t*>(b_data),
                    static_cast<int32_t*>(d), [](int8_t x) { return int32_t{x}; });
  } else if (a.type == CUDA_R_16BF) {
    MultiplyColumns(a, static_cast<const BFloat16*>(a_data), b,
                    static_cast<const BFloat16*>(b_data), static_cast<float*>(d),
                    [](BFloat16 x) { return ToFloat(x); });
  } else {
    MultiplyColumns(a, static_cast<const float*>(a_data), b, static_cast<const float*>(b_data),
                    static_cast<float*>(d), [](float x) { return x; });
  }
}

// What the real library wants of types, sizes and strides in this use.
bool Fits(const EmulatedDesc& desc, const EmulatedLayout& a, const EmulatedLayout& b,
          const EmulatedLayout& d) {
  const bool integers = a.type == CUDA_R_8I;
  const bool types = a.type == b.type && d.type == (integers ? CUDA_R_32I : CUDA_R_32F) &&
                     desc.scale == d.type && (desc.compute == CUBLAS_COMPUTE_32I) == integers;
  const bool contiguous = a.leading == static_cast<int64_t>(a.rows) &&
                          b.leading == static_cast<int64_t>(b.rows) &&
                          d.leading == static_cast<int64_t>(d.rows);
  const bool sizes = a.rows == b.rows && a.columns == d.rows && b.columns == d.columns;
  const bool multiples = a.rows % 16 == 0 && a.columns % 16 == 0 && b.columns % 16 == 0;
  return types && contiguous && sizes && multiples && desc.a == CUBLAS_OP_T;
}

}  // namespace
}  // namespace sotto

using sotto::EmulatedDesc;
using sotto::EmulatedLayout;
using sotto::LayoutOf;

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(new int);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<int*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasLtGetStatusString(cublasStatus_t) { return "emulated error"; }

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type,
                                          uint64_t rows, uint64_t columns, int64_t leading) {
  *layout =
      reinterpret_cast<cublasLtMatrixLayout_t>(new EmulatedLayout{type, rows, columns, leading});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete reinterpret_cast<EmulatedLayout*>(layout);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* desc, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
  *desc = reinterpret_cast<cublasLtMatmulDesc_t>(new EmulatedDesc{compute, scale});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) {
  delete reinterpret_cast<EmulatedDesc*>(desc);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, size_t size_bytes) {
  auto& a = reinterpret_cast<EmulatedDesc*>(desc)->a;
  if (attribute != CUBLASLT_MATMUL_DESC_TRANSA || size_bytes != sizeof(a)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  std::memcpy(&a, value, sizeof(a));
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  *preference = reinterpret_cast<cublasLtMatmulPreference_t>(new int);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete reinterpret_cast<int*>(preference);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t,
                                                    cublasLtMatmulPreferenceAttributes_t,
                                                    const void*, size_t) {
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t, int,
                                              cublasLtMatmulHeuristicResult_t[], int* returned) {
  const bool fits =
      sotto::Fits(*reinterpret_cast<EmulatedDesc*>(desc), LayoutOf(a), LayoutOf(b), LayoutOf(d));
  *returned = fits ? 1 : 0;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t, const void*, const void* a,
                              cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void*, const void*,
                              cublasLtMatrixLayout_t, void* d, cublasLtMatrixLayout_t,
                              const cublasLtMatmulAlgo_t*, void* workspace, size_t workspace_bytes,
                              cudaStream_t stream) {
  const EmulatedLayout a_copy = LayoutOf(a_layout), b_copy = LayoutOf(b_layout);
  sotto::EnqueueEmulated(stream, [=] {
    std::memset(workspace, 0xee, workspace_bytes / 1024);  // Nobody else's.
    sotto::MultiplyTyped(a_copy, a, b_copy, b, d);
    ++sotto::EmulatedCuda().products;
  });
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
