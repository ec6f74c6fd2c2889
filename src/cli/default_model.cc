#include "cli/default_model.h"

#include <array>
#include <filesystem>
#include <system_error>

#include "base/strings.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr std::array kCandidates = {"../share/sotto/models/kjv-2m", "../../models/kjv-2m"};

}  // namespace

absl::StatusOr<std::string> FindShippedModel() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return FindShippedModelFrom(program.parent_path());
}

absl::StatusOr<std::string> ModelOf(const Setting& model) {
  if (model.given()) return model.value();
  return FindShippedModel();
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
