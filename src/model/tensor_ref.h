// A tensor of a checkpoint, by reference.
#ifndef SOTTO_MODEL_TENSOR_REF_H_
#define SOTTO_MODEL_TENSOR_REF_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/dtype.h"

namespace sotto {

struct TensorRef {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<size_t> shape;
  size_t file = 0;                     // Which of the checkpoint's files.
  uint64_t begin = 0, size_bytes = 0;  // Where in it.
};

}  // namespace sotto

#endif  // SOTTO_MODEL_TENSOR_REF_H_
