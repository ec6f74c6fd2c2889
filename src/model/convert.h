// Stored elements to f32, at memory speed.
#ifndef SOTTO_MODEL_CONVERT_H_
#define SOTTO_MODEL_CONVERT_H_

#include <cstddef>
#include <cstdint>

#include "model/dtype.h"

namespace sotto {

// Converts `count` elements, little-endian and of any alignment, exactly. Returns whether every one
// is finite; `target` is written whole either way.
bool ConvertToFloat(DType dtype, const uint8_t* source, size_t count, float* target);

}  // namespace sotto

#endif  // SOTTO_MODEL_CONVERT_H_
