#include "cli/default_model.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "base/strings.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr std::array kCandidates = {"../share/sotto/models/kjv-2m", "../../models/kjv-2m"};

bool BeginsWith(const std::string& path, std::string_view magic) {
  const absl::StatusOr<InputFile> file = InputFile::Open(path);
  std::string begin(magic.size(), '\0');
  return file.ok() && file->size() >= begin.size() &&
         file->Read(0, {reinterpret_cast<uint8_t*>(begin.data()), begin.size()}).ok() &&
         begin == magic;
}

// "meta-llama/Llama-3.2-1B".
bool LooksLikeNameOnHub(const std::string& path) {
  return !path.starts_with('.') && !path.starts_with('/') && !path.ends_with('/') &&
         std::ranges::count(path, '/') == 1;
}

// A directory that a GGUF file was downloaded to.
bool HoldsGgufAlone(const fs::path& directory) {
  std::error_code error;
  if (fs::exists(directory / "config.json", error)) return false;
  const fs::directory_iterator entries(directory, error);
  if (error) return false;
  return std::any_of(fs::begin(entries), fs::end(entries), [](const fs::directory_entry& entry) {
    return entry.path().extension() == ".gguf";
  });
}

// Of CheckMayBeModel(), without what is needed.
absl::Status WhyNoModel(const std::string& path) {
  const fs::path file(path);
  std::error_code error;
  if (fs::is_regular_file(file, error)) {
    if (BeginsWith(path, "GGUF")) {
      return absl::InvalidArgumentError(StrCat(path, " is a GGUF file"));
    }
    if (file.extension() != ".safetensors" && file.extension() != ".json") return absl::OkStatus();
    const std::string directory = file.parent_path().empty() ? "." : file.parent_path().string();
    return absl::InvalidArgumentError(
        StrCat(path, " is one file of a model: give its directory, ", directory));
  }
  if (HoldsGgufAlone(file)) {
    return absl::InvalidArgumentError(StrCat(path, " holds a GGUF file, and no config.json"));
  }
  if (fs::exists(file, error) || !LooksLikeNameOnHub(path)) return absl::OkStatus();
  return absl::NotFoundError(
      StrCat(path, " is no directory here, and models are not downloaded by name"));
}

}  // namespace

absl::Status CheckMayBeModel(const std::string& source, const std::string& path) {
  const absl::Status status = WhyNoModel(path);
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      StrCat(source, ": ", ToStd(status.message()),
                             "; needed is a Hugging Face directory or a sealed model"));
}

absl::StatusOr<std::string> FindShippedModel() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return FindShippedModelFrom(program.parent_path());
}

absl::StatusOr<std::string> ModelOf(const Setting& model) {
  if (!model.given()) return FindShippedModel();
  const std::string path = model.value();
  SOTTO_RETURN_IF_ERROR(CheckMayBeModel(model.source(), path));
  return path;
}

absl::StatusOr<std::string> FindShippedModelFrom(const std::string& program_dir) {
  for (const char* candidate : kCandidates) {
    const fs::path directory = (fs::path(program_dir) / candidate).lexically_normal();
    std::error_code error;
    if (fs::exists(directory / "config.json", error)) return directory.string();
  }
  return absl::NotFoundError(
      StrCat("no shipped model near ", program_dir, "; name one with --model DIR"));
}

}  // namespace sotto
