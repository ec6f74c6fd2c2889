// The safetensors format (https://huggingface.co/docs/safetensors): a u64 little-endian header
// length N, N bytes of JSON { NAME: {"dtype", "shape", "data_offsets": [begin, end]}, ... },
// then the data that the offsets count in.
#ifndef SOTTO_MODEL_SAFETENSORS_H_
#define SOTTO_MODEL_SAFETENSORS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace sotto {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // As spelt in the file, one that SafetensorsElementBits knows.
  std::vector<size_t> shape;
  uint64_t begin = 0, end = 0;  // Offsets in the file.
};

// Checks a whole header and lists its tensors in the order of their data. `file_prefix` holds at
// least the header (more is ignored); `file_size` is the size of the file it begins. As the
// specification asks: no duplicate names, at most 100 MB of header, every size equal to shape x
// dtype, and data that covers the rest of the file with neither hole nor overlap.
// DATA_LOSS naming `source`, the tensor and the offset; nothing the header says is trusted.
absl::StatusOr<std::vector<SafetensorsEntry>> ParseSafetensorsHeader(
    std::span<const uint8_t> file_prefix, uint64_t file_size, const std::string& source);

// How many bytes a header takes whose length field, the file's first kSafetensorsLengthBytes bytes,
// is `length`: no more than the longest that ParseSafetensorsHeader takes.
inline constexpr size_t kSafetensorsLengthBytes = 8;
uint64_t SafetensorsHeaderBytes(std::span<const uint8_t, kSafetensorsLengthBytes> length);

// A safetensors file, read whole. Immutable after Open, so safe to share between threads.
class SafetensorsFile {
 public:
  static absl::StatusOr<SafetensorsFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  // NOT_FOUND, naming file and tensor.
  absl::StatusOr<SafetensorsEntry> Find(std::string_view name) const;
  // The bytes of an entry of this file: they live as long as this object, and may be unaligned.
  std::span<const uint8_t> bytes(const SafetensorsEntry& entry) const;

 private:
  std::span<const uint8_t> bytes() const;

  std::string path_;
  std::string file_;
  std::vector<SafetensorsEntry> entries_;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_SAFETENSORS_H_
