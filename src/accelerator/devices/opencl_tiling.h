// The choices an OpenCL device is tuned over.
#ifndef SOTTO_ACCELERATOR_DEVICES_OPENCL_TILING_H_
#define SOTTO_ACCELERATOR_DEVICES_OPENCL_TILING_H_

#include <string>

#include "base/strings.h"

namespace sotto {

// Sizes as opencl_kernels.cc explains them. tile_inputs is a multiple of 4; the thread's sizes
// divide the tile's.
struct OpenClTiling {
  int tile_tokens, tile_outputs, tile_inputs;
  int thread_tokens, vector;

  size_t group_outputs() const { return tile_outputs / vector; }
  size_t group_tokens() const { return tile_tokens / thread_tokens; }
  size_t group_size() const { return group_outputs() * group_tokens(); }
  // Of either operand's tiles; four bytes an element.
  size_t local_bytes() const { return 4 * tile_inputs * (tile_tokens + tile_outputs); }

  std::string CompilerFlags() const {
    return StrCat("-DTILE_TOKENS=", tile_tokens, " -DTILE_OUTPUTS=", tile_outputs,
                  " -DTILE_INPUTS=", tile_inputs, " -DTHREAD_TOKENS=", thread_tokens,
                  " -DVECTOR=", vector);
  }
};

// Wide vectors and few work-items suit processors; many work-items with small tiles of their own
// suit GPUs. Whichever is fastest where it runs is taken.
inline constexpr OpenClTiling kOpenClTilings[] = {
    {.tile_tokens = 64, .tile_outputs = 64, .tile_inputs = 64, .thread_tokens = 8, .vector = 16},
    {.tile_tokens = 16, .tile_outputs = 32, .tile_inputs = 64, .thread_tokens = 8, .vector = 8},
    {.tile_tokens = 64, .tile_outputs = 64, .tile_inputs = 16, .thread_tokens = 4, .vector = 4},
    {.tile_tokens = 128, .tile_outputs = 64, .tile_inputs = 16, .thread_tokens = 8, .vector = 4},
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_OPENCL_TILING_H_
