// Where the bytes of a checkpoint's safetensors files live: mapped from disk, or (a sealed model)
// in private memory.
#ifndef SOTTO_MODEL_WEIGHT_FILE_H_
#define SOTTO_MODEL_WEIGHT_FILE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/safetensors.h"

namespace sotto {

// The bytes of one file. Immutable, so safe to share between threads.
class FileBytes {
 public:
  virtual ~FileBytes() = default;
  virtual std::span<const uint8_t> bytes() const = 0;
  // Gives back memory behind `part` (a span of bytes()), which stays readable.
  virtual void DropPages(std::span<const uint8_t> part) const = 0;
};

// One safetensors file of a checkpoint, its header checked.
struct WeightFile {
  std::string name;  // Without directory: "model-00001-of-00003.safetensors".
  std::unique_ptr<FileBytes> contents;
  std::vector<SafetensorsEntry> entries;
};

// Opens model.safetensors of `directory`, or else the shards that model.safetensors.index.json
// names, ordered by name. Each tensor of the index is in the shard the index says, and no tensor
// in two. NOT_FOUND for a missing file, DATA_LOSS for a damaged one.
absl::StatusOr<std::vector<WeightFile>> OpenWeightFiles(const std::string& directory);

}  // namespace sotto

#endif  // SOTTO_MODEL_WEIGHT_FILE_H_
