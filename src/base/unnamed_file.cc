#include "base/unnamed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/strings.h"

namespace sotto {
namespace {

std::string ProcessName(int fd) { return StrCat("/proc/self/fd/", fd); }

// Whether naming it will work is asked now: after the work it would be too late.
bool CanBeLinked(int fd) {
  struct stat file, by_name;
  return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_nlink == 0 &&
         stat(ProcessName(fd).c_str(), &by_name) == 0 && by_name.st_dev == file.st_dev &&
         by_name.st_ino == file.st_ino;
}

}  // namespace

int OpenUnnamedFile(const std::string& directory) {
  Descriptor file(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  return file.get() >= 0 && CanBeLinked(file.get()) ? file.Release() : -1;
}

bool LinkUnnamedFile(int fd, const std::string& name) {
  return linkat(AT_FDCWD, ProcessName(fd).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

}  // namespace sotto
