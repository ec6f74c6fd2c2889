#include "accelerator/devices/opencl_kernels.h"

namespace sotto {

// A work-group computes TILE_TOKENS x TILE_OUTPUTS of y = x W^T, with W^T stored [n_in, n_out]; a
// work-item THREAD_TOKENS x VECTOR of them; both operands pass through local memory, TILE_INPUTS
// columns at a time. Sums run over the inputs in order, whatever the tiling: a row's bits depend on
// that row alone. HALF_WEIGHTS: float weights are stored as f16. WIDE_WEIGHTS: those of ring
// products as 16 bits, which byte planes take as two signed bytes.
const char kOpenClKernels[] = R"(
#define GROUP_J (TILE_OUTPUTS / VECTOR)
#define GROUP_T (TILE_TOKENS / THREAD_TOKENS)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define FLOATS JOIN(float, VECTOR)
#define UINTS JOIN(uint, VECTOR)
#define LOAD JOIN(vload, VECTOR)
#define STORE JOIN(vstore, VECTOR)

#ifdef HALF_WEIGHTS
typedef half stored_weight;
#define WEIGHT(w, i) vload_half(i, w)
#else
typedef float stored_weight;
#define WEIGHT(w, i) (w)[i]
#endif

#ifdef WIDE_WEIGHTS
typedef short ring_weight;
#define WEIGHT_PLANES 2
#else
typedef char ring_weight;
#define WEIGHT_PLANES 1
#endif

#define UNROLL _Pragma("unroll")

// Defines a tiled product. `vector` is the accumulator's type, `product(a, b)` what is added,
// `weight(w, i)` reads a weight as an `element`.
#define TILED_PRODUCT(name, stored, element, vector, weight, accumulate)                       \
  __kernel __attribute__((reqd_work_group_size(GROUP_J, GROUP_T, 1)))                          \
  void name(uint tokens, uint n_in, uint n_out, __global const element* x,                     \
            __global const stored* w, __global element* y) {                                   \
    __local element xs[TILE_INPUTS * TILE_TOKENS];                                             \
    __local element ws[TILE_INPUTS * TILE_OUTPUTS];                                            \
    const uint t0 = get_group_id(1) * TILE_TOKENS, j0 = get_group_id(0) * TILE_OUTPUTS;        \
    const uint lt = get_local_id(1), lj = get_local_id(0), me = lt * GROUP_J + lj;             \
    vector sums[THREAD_TOKENS];                                                                \
    for (uint t = 0; t < THREAD_TOKENS; ++t) sums[t] = (vector)(0);                            \
    for (uint k0 = 0; k0 < n_in; k0 += TILE_INPUTS) {                                          \
      for (uint i = me; i < TILE_INPUTS * TILE_TOKENS; i += GROUP_J * GROUP_T) {               \
        const uint k = i % TILE_INPUTS, t = i / TILE_INPUTS;                                   \
        const bool inside = k0 + k < n_in && t0 + t < tokens;                                  \
        xs[k * TILE_TOKENS + t] = inside ? x[(ulong)(t0 + t) * n_in + k0 + k] : 0;             \
      }                                                                                        \
      for (uint i = me; i < TILE_INPUTS * TILE_OUTPUTS; i += GROUP_J * GROUP_T) {              \
        const uint j = i % TILE_OUTPUTS, k = i / TILE_OUTPUTS;                                 \
        const bool inside = k0 + k < n_in && j0 + j < n_out;                                   \
        ws[i] = inside ? weight(w, (ulong)(k0 + k) * n_out + j0 + j) : 0;                      \
      }                                                                                        \
      barrier(CLK_LOCAL_MEM_FENCE);                                                            \
      vector mine[THREAD_TOKENS];                                                              \
      UNROLL for (uint t = 0; t < THREAD_TOKENS; ++t) mine[t] = sums[t];                       \
      for (uint k = 0; k < TILE_INPUTS; ++k) {                                                 \
        const vector column = LOAD(lj, ws + k * TILE_OUTPUTS);                                 \
        UNROLL for (uint t = 0; t < THREAD_TOKENS; ++t) {                                      \
          mine[t] = accumulate((vector)(xs[k * TILE_TOKENS + lt * THREAD_TOKENS + t]), column, \
                               mine[t]);                                                       \
        }                                                                                      \
      }                                                                                        \
      UNROLL for (uint t = 0; t < THREAD_TOKENS; ++t) sums[t] = mine[t];                       \
      barrier(CLK_LOCAL_MEM_FENCE);                                                            \
    }                                                                                          \
    for (uint t = 0; t < THREAD_TOKENS; ++t) {                                                 \
      const uint row = t0 + lt * THREAD_TOKENS + t, column = j0 + lj * VECTOR;                 \
      if (row >= tokens) break;                                                                \
      element results[VECTOR];                                                                 \
      STORE(sums[t], 0, results);                                                              \
      for (uint j = 0; j < VECTOR && column + j < n_out; ++j) {                                \
        y[(ulong)row * n_out + column + j] = results[j];                                       \
      }                                                                                        \
    }                                                                                          \
  }

// Wraps modulo 2^32, as unsigned integers do.
#define RING_WEIGHT(w, i) ((uint)(int)(w)[i])
#define ACCUMULATE(a, b, sum) ((a) * (b) + (sum))

TILED_PRODUCT(multiply_float, stored_weight, float, FLOATS, WEIGHT, ACCUMULATE)
TILED_PRODUCT(multiply_ring, ring_weight, uint, UINTS, RING_WEIGHT, ACCUMULATE)

// Four bytes of a, unsigned, times four of b, signed.
#ifdef __opencl_c_integer_dot_product_input_4x8bit_packed
#define DOT(a, b) dot_4x8packed_us_int(a, b)
#else
int emulated_dot(uint a, uint b) {
  const uchar4 unsigned_bytes = as_uchar4(a);
  const int4 products = convert_int4(unsigned_bytes) * convert_int4(as_char4(b));
  return products.x + products.y + products.z + products.w;
}
#define DOT(a, b) emulated_dot(a, b)
#endif

#define QUADS (TILE_INPUTS / 4)

// The ring product by byte planes, four inputs at a time: for devices with 8-bit dot products.
__kernel __attribute__((reqd_work_group_size(GROUP_J, GROUP_T, 1)))
void multiply_ring_planes(uint tokens, uint n_in, uint n_out, __global const uint* x,
                          __global const ring_weight* w, __global uint* y) {
  // [plane][quad][token]: plane's byte of four inputs; [plane][quad][output]: of four weights.
  __local uint xs[4 * QUADS * TILE_TOKENS];
  __local uint ws[WEIGHT_PLANES * QUADS * TILE_OUTPUTS];
  const uint t0 = get_group_id(1) * TILE_TOKENS, j0 = get_group_id(0) * TILE_OUTPUTS;
  const uint lt = get_local_id(1), lj = get_local_id(0), me = lt * GROUP_J + lj;
  uint sums[4][THREAD_TOKENS][VECTOR];
  for (uint p = 0; p < 4; ++p)
    for (uint t = 0; t < THREAD_TOKENS; ++t)
      for (uint j = 0; j < VECTOR; ++j) sums[p][t][j] = 0;
  for (uint k0 = 0; k0 < n_in; k0 += TILE_INPUTS) {
    for (uint i = me; i < QUADS * TILE_TOKENS; i += GROUP_J * GROUP_T) {
      const uint q = i % QUADS, t = i / QUADS;
      uint words[4];
      for (uint b = 0; b < 4; ++b) {
        const uint k = k0 + 4 * q + b;
        words[b] = k < n_in && t0 + t < tokens ? x[(ulong)(t0 + t) * n_in + k] : 0;
      }
      for (uint p = 0; p < 4; ++p) {
        uint packed = 0;
        for (uint b = 0; b < 4; ++b) packed |= (words[b] >> (8 * p) & 255u) << (8 * b);
        xs[(p * QUADS + q) * TILE_TOKENS + t] = packed;
      }
    }
    for (uint i = me; i < QUADS * TILE_OUTPUTS; i += GROUP_J * GROUP_T) {
      const uint j = i % TILE_OUTPUTS, q = i / TILE_OUTPUTS;
      uint packed[WEIGHT_PLANES];
      for (uint p = 0; p < WEIGHT_PLANES; ++p) packed[p] = 0;
      for (uint b = 0; b < 4; ++b) {
        const uint k = k0 + 4 * q + b;
        int left = k < n_in && j0 + j < n_out ? w[(ulong)k * n_out + j0 + j] : 0;
        for (uint p = 0; p < WEIGHT_PLANES; ++p) {
          packed[p] |= (uint)(left & 255) << (8 * b);
          left = (left - as_char((uchar)(left & 255))) >> 8;
        }
      }
      for (uint p = 0; p < WEIGHT_PLANES; ++p) ws[p * QUADS * TILE_OUTPUTS + i] = packed[p];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint q = 0; q < QUADS; ++q) {
      for (uint t = 0; t < THREAD_TOKENS; ++t) {
        for (uint p = 0; p < 4; ++p) {
          const uint a = xs[(p * QUADS + q) * TILE_TOKENS + lt * THREAD_TOKENS + t];
          // What would count from 2^32 on is nothing.
          for (uint v = 0; v < WEIGHT_PLANES && p + v < 4; ++v)
            for (uint j = 0; j < VECTOR; ++j)
              sums[p + v][t][j] += (uint)DOT(a, ws[(v * QUADS + q) * TILE_OUTPUTS + lj * VECTOR + j]);
        }
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (uint t = 0; t < THREAD_TOKENS; ++t) {
    const uint row = t0 + lt * THREAD_TOKENS + t;
    for (uint j = 0; j < VECTOR; ++j) {
      const uint column = j0 + lj * VECTOR + j;
      if (row < tokens && column < n_out) {
        y[(ulong)row * n_out + column] =
            sums[0][t][j] + (sums[1][t][j] << 8) + (sums[2][t][j] << 16) + (sums[3][t][j] << 24);
      }
    }
  }
}

// to = from^T, rounded to what products read. from: [rows, columns]; global size (rows, columns).
#define TRANSPOSED (get_global_id(1) * get_global_size(0) + get_global_id(0))
#define PLAIN (get_global_id(0) * get_global_size(1) + get_global_id(1))
__kernel void transpose_float(__global const float* from, __global stored_weight* to) {
#ifdef HALF_WEIGHTS
  vstore_half_rte(from[PLAIN], TRANSPOSED, to);
#else
  to[TRANSPOSED] = from[PLAIN];
#endif
}
__kernel void transpose_ring(__global const ring_weight* from, __global ring_weight* to) {
  to[TRANSPOSED] = from[PLAIN];
}
)";

}  // namespace sotto
