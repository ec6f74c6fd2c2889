#include "base/stale_temporaries.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/descriptor.h"
#include "base/strings.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInfix = ".sotto-tmp-", kRandomPart = "XXXXXX";

bool IsTemporaryNameOf(std::string_view name, std::string_view target_name) {
  if (name.size() != target_name.size() + kInfix.size() + kRandomPart.size()) return false;
  const std::string_view random = name.substr(name.size() - kRandomPart.size());
  return name.starts_with(target_name) && name.substr(target_name.size()).starts_with(kInfix) &&
         std::all_of(random.begin(), random.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0; });
}

// Whether the name still leads to the open file.
bool HasName(int fd, const std::string& name) {
  struct stat file, by_name;
  return fstat(fd, &file) == 0 && lstat(name.c_str(), &by_name) == 0 &&
         file.st_dev == by_name.st_dev && file.st_ino == by_name.st_ino;
}

// Ours, of a kind that we make, and locked by nobody.
bool IsStale(int fd, const std::string& name) {
  struct stat info;
  if (fd < 0 || fstat(fd, &info) != 0 || info.st_uid != geteuid()) return false;
  if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) return false;
  return flock(fd, LOCK_EX | LOCK_NB) == 0 && HasName(fd, name);
}

}  // namespace

std::string TemporaryPattern(const std::string& target) {
  return StrCat(target, kInfix, kRandomPart);
}

bool MarkInUse(int fd, const std::string& name) {
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return HasName(fd, name);
  return errno != EWOULDBLOCK;
}

void RemoveStaleTemporaries(const std::string& target) {
  const fs::path path(target);
  const std::string target_name = path.filename();
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (!IsTemporaryNameOf(it->path().filename().native(), target_name)) continue;
    const std::string& name = it->path().native();
    // Held, with its lock, until the name is gone.
    const Descriptor file(open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    std::error_code stays;
    if (IsStale(file.get(), name)) fs::remove_all(it->path(), stays);
  }
}

}  // namespace sotto
