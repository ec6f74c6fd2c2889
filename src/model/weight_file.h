// The safetensors files of a model: one, or shards with an index.
#ifndef SOTTO_MODEL_WEIGHT_FILE_H_
#define SOTTO_MODEL_WEIGHT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/model_files.h"
#include "model/safetensors.h"

namespace sotto {

// One safetensors file of a checkpoint, its header checked.
struct WeightFile {
  std::string name;  // Without directory: "model-00001-of-00003.safetensors".
  std::unique_ptr<FileBytes> contents;
  std::vector<uint8_t> header;  // The file's first bytes, copied once: what `entries` are from.
  std::vector<SafetensorsEntry> entries;
};

// Opens model.safetensors of `model`, or else the shards that model.safetensors.index.json
// names, ordered by name, or else the only shard. Each tensor of the index is in the shard the
// index says; a copy of it in another shard, equal to the byte, is left out. NOT_FOUND for a
// missing file, DATA_LOSS for a damaged one; where there is nothing, errors as NoWeights().
absl::StatusOr<std::vector<WeightFile>> OpenWeightFiles(const ModelFiles& model);

}  // namespace sotto

#endif  // SOTTO_MODEL_WEIGHT_FILE_H_
