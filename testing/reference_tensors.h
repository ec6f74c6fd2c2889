// Named tensors of a reference safetensors file (I32, F32). Test-only.
#ifndef SOTTO_TESTING_REFERENCE_TENSORS_H_
#define SOTTO_TESTING_REFERENCE_TENSORS_H_

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "model/safetensors.h"

namespace sotto {

struct ReferenceTensor {
  std::vector<size_t> shape;
  std::vector<uint8_t> bytes;

  template <typename T>
  std::vector<T> As() const {
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
  }
};

inline std::map<std::string, ReferenceTensor> ReadReferenceTensors(const std::string& path) {
  const auto file = SafetensorsFile::Open(path);
  SOTTO_CHECK(file.ok());
  std::map<std::string, ReferenceTensor> tensors;
  for (const SafetensorsEntry& entry : file->entries()) {
    const auto bytes = file->bytes(entry);
    tensors[entry.name] = {entry.shape, {bytes.begin(), bytes.end()}};
  }
  return tensors;
}

}  // namespace sotto

#endif  // SOTTO_TESTING_REFERENCE_TENSORS_H_
