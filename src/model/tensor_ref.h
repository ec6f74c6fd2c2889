// A tensor of a checkpoint, by reference.
#ifndef SOTTO_MODEL_TENSOR_REF_H_
#define SOTTO_MODEL_TENSOR_REF_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/dtype.h"

namespace sotto {

// A tensor of the checkpoint; `data` lives as long as the Checkpoint.
struct TensorRef {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<size_t> shape;
  std::span<const uint8_t> data;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_TENSOR_REF_H_
