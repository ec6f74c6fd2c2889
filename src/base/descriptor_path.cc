#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace sotto {

std::optional<int> DescriptorOfPath(std::string_view path) {
  for (const auto& [name, number] :
       {std::pair{"/dev/stdin", 0}, {"/dev/stdout", 1}, {"/dev/stderr", 2}}) {
    if (path == name) return number;
  }
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    const std::string_view digits = path.substr(folder.size());
    int number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size() && number >= 0) return number;
  }
  return std::nullopt;
}

std::string DisplayName(const std::string& path) {
  switch (DescriptorOfPath(path).value_or(-1)) {
    case 0:
      return "standard input";
    case 1:
      return "standard output";
    case 2:
      return "standard error";
    default:
      return path;
  }
}

std::string FollowLinks(const std::string& path) {
  constexpr int kMaxLinks = 40;  // As Linux.
  std::filesystem::path at = path;
  for (int links = 0; links < kMaxLinks; ++links) {
    std::error_code no_link;
    const std::filesystem::path target = std::filesystem::read_symlink(at, no_link);
    if (no_link) return at.native();
    at = at.parent_path() / target;
  }
  return path;
}

}  // namespace sotto
