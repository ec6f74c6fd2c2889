// The shape of AMX tiles, as LDTILECFG takes it (Intel SDM, palette 1).
#ifndef SOTTO_KERNELS_TILE_CONFIG_H_
#define SOTTO_KERNELS_TILE_CONFIG_H_

#include <array>
#include <cstdint>

namespace sotto {

struct TileConfig {
  uint8_t palette = 1, start_row = 0;
  std::array<uint8_t, 14> reserved{};
  std::array<uint16_t, 16> row_bytes{};
  std::array<uint8_t, 16> rows{};
};
static_assert(sizeof(TileConfig) == 64);

// All eight tiles of 16 rows of 64 bytes. A process uses them after MayUseTiles() (base/cpu.h).
inline constexpr TileConfig kFullTiles = {.row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
                                          .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

}  // namespace sotto

#endif  // SOTTO_KERNELS_TILE_CONFIG_H_
