// Packed weights kept in a file, so that a second start neither converts nor reorders.
//
// DIR/sotto-FINGERPRINT.weights, little-endian:
//   magic "SOTTOWC1", fingerprint (64 hex digits), u64 chunks, u32 CRC-32C of each chunk;
//   then the payload from the next multiple of 4096 on: of each layer in order, packed weights,
//   bias, scales, weight sums (each if the layer has it) and the activation limit.
// Sections are cut into chunks of 1 MiB; no chunk crosses a section. The fingerprint covers format,
// instruction set, precision, block sizes, the model's config, and names, sizes, times and samples
// of the checkpoint's files: from anything else no file is found, and what is damaged is rebuilt.
// Checksums find damage, not malice: keep the directory where the model itself would be trusted.
#ifndef SOTTO_TRUSTED_LINEAR_WEIGHT_CACHE_H_
#define SOTTO_TRUSTED_LINEAR_WEIGHT_CACHE_H_

#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "trusted/linear/local.h"
#include "trusted/linear/packed_layer.h"

namespace sotto {

// Where the cache of what `options` pack of this checkpoint is, or would be, on this machine.
// Errors as Checkpoint::ReadStoredRows.
absl::StatusOr<std::string> WeightCachePath(const std::string& cache_dir,
                                            const Checkpoint& checkpoint,
                                            const LocalLinearOptions& options);

// All layers, from the cache. NOT_FOUND when there is none; DATA_LOSS when it is damaged.
absl::StatusOr<std::vector<PackedLayer>> ReadWeightCache(const std::string& path,
                                                         const ModelSpec& config,
                                                         Precision precision,
                                                         const WeightForms& forms,
                                                         ThreadPool& pool);

// Appears whole or not at all. Errors as base/file.h.
absl::Status WriteWeightCache(const std::string& path, std::vector<PackedLayer>& layers,
                              ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_WEIGHT_CACHE_H_
