// Element types of checkpoint tensors.
#ifndef SOTTO_MODEL_DTYPE_H_
#define SOTTO_MODEL_DTYPE_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace sotto {

// The types whose values Sotto reads.
enum class DType { kF32, kF16, kBF16 };
size_t DTypeSize(DType dtype);
std::string_view DTypeName(DType dtype);  // As safetensors spells it: "F32", "F16", "BF16".
// Nothing for any other spelling.
std::optional<DType> DTypeFromName(std::string_view name);

// Bits of one element of any type the safetensors format knows (I64, BOOL, F8_E4M3, ...): needed to
// check a file's layout even where its values are not read. Nothing for an unknown name.
std::optional<size_t> SafetensorsElementBits(std::string_view name);

}  // namespace sotto

#endif  // SOTTO_MODEL_DTYPE_H_
