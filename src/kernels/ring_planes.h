// Ring words as byte planes: x = sum_p 2^(8p) x_p with x_p in [0, 255], so that a product modulo
// 2^32 with int8 weights is four u8 x s8 products, combined with shifts. Branches and addresses
// depend on sizes only.
#ifndef SOTTO_KERNELS_RING_PLANES_H_
#define SOTTO_KERNELS_RING_PLANES_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace sotto {

inline constexpr size_t kRingPlanes = 4;

// Where each plane of a row is, the lowest bytes first.
template <typename T>
using RingPlanes = std::array<T*, kRingPlanes>;

// planes[p][i] = byte p of x[i]. All [n].
void SplitRingRow(const uint32_t* x, size_t n, const RingPlanes<uint8_t>& planes);

// y[i] = sum_p 2^(8p) planes[p][i] modulo 2^32. All [n].
void CombineRingPlanes(const RingPlanes<const uint32_t>& planes, size_t n, uint32_t* y);

}  // namespace sotto

#endif  // SOTTO_KERNELS_RING_PLANES_H_
