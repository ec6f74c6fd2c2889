#include "trusted/linear/weight_fingerprint.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>
#include <vector>

#include "base/cpu.h"
#include "base/strings.h"
#include "kernels/gemm.h"
#include "model/sha256.h"

namespace sotto {
namespace {

constexpr int kFormatVersion = 4;
constexpr size_t kSamples = 16, kSampleBytes = 64;

std::string DescribeFiles(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".safetensors") continue;
    const auto changed = entry.last_write_time(error).time_since_epoch().count();
    files.push_back(
        StrCat(entry.path().filename().string(), ":", entry.file_size(error), ":", changed, "\n"));
  }
  std::sort(files.begin(), files.end());
  std::string text;
  for (const std::string& file : files) text += file;
  return text;
}

// Of rows evenly spread over the tensor, at places evenly spread over the row: its first and last
// bytes are among them.
absl::Status AppendSamples(const Checkpoint& checkpoint, const TensorRef& tensor,
                           std::string& out) {
  const size_t rows = tensor.shape.size() == 1 ? 1 : tensor.shape.front();
  std::vector<uint8_t> row(tensor.size_bytes / rows);
  const size_t length = std::min(kSampleBytes, row.size()), last = row.size() - length;
  for (size_t i = 0; i < kSamples; ++i) {
    SOTTO_RETURN_IF_ERROR(checkpoint.ReadStoredRows(tensor, (rows - 1) * i / (kSamples - 1), row));
    const auto sample = std::span(row).subspan(last * i / (kSamples - 1), length);
    out.append(sample.begin(), sample.end());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> WeightFingerprint(const Checkpoint& checkpoint, Precision precision,
                                              FixedWeights fixed_weights) {
  const bool narrow = precision == Precision::kFixed && fixed_weights == FixedWeights::k8Bits;
  std::string text =
      StrCat("sotto weights ", kFormatVersion, "\n", SOTTO_VERSION, "\n", CpuFeatureString(), "\n",
             PrecisionName(precision), narrow ? " 8 bits" : "", "\n", kGemmColumnBlock, "\n",
             ConfigToJson(checkpoint.config()), "\n", DescribeFiles(checkpoint.directory()));
  for (const TensorRef& tensor : checkpoint.tensors()) {
    text += StrCat(tensor.name, ":", DTypeName(tensor.dtype), ":", tensor.size_bytes, "\n");
    SOTTO_RETURN_IF_ERROR(AppendSamples(checkpoint, tensor, text));
  }
  return Sha256Hex(text);
}

}  // namespace sotto
