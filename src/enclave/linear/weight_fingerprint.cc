#include "enclave/linear/weight_fingerprint.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/cpu.h"
#include "base/strings.h"
#include "kernels/gemm.h"
#include "model/sha256.h"

namespace sotto {
namespace {

constexpr int kFormatVersion = 1;
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

// Evenly spread over the tensor, its first and last bytes included.
void AppendSamples(std::span<const uint8_t> data, std::string& out) {
  const size_t length = std::min(kSampleBytes, data.size()), last = data.size() - length;
  for (size_t i = 0; i < kSamples; ++i) {
    const auto sample = data.subspan(last / (kSamples - 1) * i, length);
    out.append(sample.begin(), sample.end());
  }
  out.append(data.end() - static_cast<std::ptrdiff_t>(length), data.end());
}

}  // namespace

std::string WeightFingerprint(const Checkpoint& checkpoint, Precision precision) {
  std::string text =
      StrCat("sotto weights ", kFormatVersion, "\n", SOTTO_VERSION, "\n", CpuFeatureString(), "\n",
             PrecisionName(precision), "\n", kGemmColumnBlock, "\n",
             ConfigToJson(checkpoint.config()), "\n", DescribeFiles(checkpoint.directory()));
  for (const TensorRef& tensor : checkpoint.tensors()) {
    text += StrCat(tensor.name, ":", DTypeName(tensor.dtype), ":", tensor.data.size(), "\n");
    AppendSamples(tensor.data, text);
  }
  return Sha256Hex(text);
}

}  // namespace sotto
