// Writes a safetensors file whose tensors are known by name and shape before their values are.
#ifndef SOTTO_MODEL_SAFETENSORS_WRITER_H_
#define SOTTO_MODEL_SAFETENSORS_WRITER_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace sotto {

struct TensorSpec {
  std::string name;
  std::string dtype;  // As safetensors spells it: "F32", "I32", ...
  std::vector<size_t> shape;
};

// The 8 length bytes and the JSON of a file that holds `tensors` in this order, padded with spaces
// so that the data begins at a multiple of 64 bytes. REQUIRES: known dtypes, distinct names.
std::string SafetensorsHeader(const std::vector<TensorSpec>& tensors,
                              const std::map<std::string, std::string>& metadata = {});
uint64_t TensorBytes(const TensorSpec& tensor);

// Appears under its name at Commit(), whole; destroyed without, it leaves nothing behind.
class SafetensorsWriter {
 public:
  // Writes the header. Errors as base/file.h.
  static absl::StatusOr<SafetensorsWriter> Create(
      const std::string& path, const std::vector<TensorSpec>& tensors,
      const std::map<std::string, std::string>& metadata = {});

  // Writes at `offset_bytes` of tensor number `tensor`, in any order. Several threads may call it
  // at once, for ranges that do not overlap. REQUIRES: the range lies in the tensor.
  absl::Status Write(size_t tensor, uint64_t offset_bytes, std::span<const uint8_t> values);

  // Values never written are zero.
  absl::Status Commit();

 private:
  SafetensorsWriter(AtomicFile file, std::vector<uint64_t> begins)
      : file_(std::move(file)), begins_(std::move(begins)) {}

  AtomicFile file_;
  std::vector<uint64_t> begins_;  // File offset of each tensor, and the end of the last.
};

}  // namespace sotto

#endif  // SOTTO_MODEL_SAFETENSORS_WRITER_H_
