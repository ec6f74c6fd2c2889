// Ring words as byte planes: x = sum_p 2^(8p) x_p with x_p in [0, 255], so that a product modulo
// 2^32 with int8 weights is four u8 x s8 products, combined with shifts.
#ifndef SOTTO_ACCELERATOR_DEVICES_RING_PLANES_H_
#define SOTTO_ACCELERATOR_DEVICES_RING_PLANES_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace sotto {

inline constexpr size_t kRingPlanes = 4;

// planes[p][i] = byte p of x[i], lowest first. All [n].
void SplitRingRow(const uint32_t* x, size_t n, const std::array<uint8_t*, kRingPlanes>& planes);

// y[i] = sum_p 2^(8p) planes[p][i] modulo 2^32. All [n].
void CombineRingPlanes(const std::array<const uint32_t*, kRingPlanes>& planes, size_t n,
                       uint32_t* y);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_RING_PLANES_H_
