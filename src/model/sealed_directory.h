// What lies where in the payload of a sealed model: a u64 length, JSON, then the files' bytes.
#ifndef SOTTO_MODEL_SEALED_DIRECTORY_H_
#define SOTTO_MODEL_SEALED_DIRECTORY_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "base/status.h"

namespace sotto {

struct SealedDirectory {
  struct Extent {
    uint64_t begin = 0, end = 0;  // In the payload.
  };
  std::string weights_sha256;           // Checkpoint::WeightsSha256 of the sealed directory.
  std::map<std::string, Extent> files;  // By plain name.
};

// The length and the JSON, padded with spaces to a multiple of 64 bytes.
std::string SerializeSealedDirectory(const SealedDirectory& directory);

// Parses the beginning of an opened payload. DATA_LOSS naming `source` for anything malformed or
// any file that does not lie in the payload.
absl::StatusOr<SealedDirectory> ParseSealedDirectory(std::span<const uint8_t> payload,
                                                     const std::string& source);

}  // namespace sotto

#endif  // SOTTO_MODEL_SEALED_DIRECTORY_H_
