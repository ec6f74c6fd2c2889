#include "model/dtype.h"

#include "base/check.h"

namespace sotto {
namespace {

struct ElementType {
  std::string_view name;
  size_t bits;
};

// safetensors/src/tensor.rs, `Dtype::bitsize`.
constexpr ElementType kElementTypes[] = {
    {"F32", 32},    {"F16", 16},    {"BF16", 16},   {"F64", 64},    {"I64", 64},
    {"U64", 64},    {"I32", 32},    {"U32", 32},    {"I16", 16},    {"U16", 16},
    {"I8", 8},      {"U8", 8},      {"BOOL", 8},    {"F8_E4M3", 8}, {"F8_E5M2", 8},
    {"F8_E8M0", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},      {"C64", 64},
};

}  // namespace

size_t DTypeSize(DType dtype) { return dtype == DType::kF32 ? 4 : 2; }

std::string_view DTypeName(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "F32";
    case DType::kF16:
      return "F16";
    case DType::kBF16:
      return "BF16";
  }
  SOTTO_CHECK(false && "unknown DType");
}

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    if (name == DTypeName(dtype)) return dtype;
  }
  return std::nullopt;
}

std::optional<size_t> SafetensorsElementBits(std::string_view name) {
  for (const ElementType& type : kElementTypes) {
    if (name == type.name) return type.bits;
  }
  return std::nullopt;
}

}  // namespace sotto
