#include "cli/other_program.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr char kTag[] = "sotto/needs-program";

}  // namespace

absl::Status NeedsProgram(std::string_view program) {
  absl::Status status =
      absl::UnimplementedError(StrCat("not part of this program, but of ", program));
  status.SetPayload(kTag, absl::Cord(ToAbsl(program)));
  return status;
}

std::optional<std::string> ProgramNeeded(const absl::Status& status) {
  const auto program = status.GetPayload(kTag);
  if (!program.has_value()) return std::nullopt;
  return std::string(*program);
}

absl::Status BecomeProgram(const std::string& program, const std::vector<std::string>& arguments) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string path = self.parent_path() / program;
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(path.c_str(), argv.data());
  const int reason = errno;
  if (reason != ENOENT) return FileError(path, "cannot execute", reason);
  // In an enclave, nobody says where the program is.
  const std::string name = self.has_filename() ? self.filename().string() : "sotto";
  return absl::NotFoundError(
      StrCat(program, " is not installed beside ", name, " (`make` builds it)"));
}

}  // namespace sotto
