#include "base/descriptor_limit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/strings.h"

namespace sotto {

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

size_t DescriptorLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

absl::Status TryDescriptors(size_t count) {
  std::vector<int> opened;
  opened.reserve(count);
  int error = 0;
  while (opened.size() < count && error == 0) {
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) error = errno;
    if (fd >= 0) opened.push_back(fd);
  }
  for (const int fd : opened) close(fd);
  if (error == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      StrCat("connections need ", count, " more file descriptors, but only ", opened.size(),
             " could be opened: ", strerror(error), " (the limit on open files is ",
             DescriptorLimit(), ")"));
}

}  // namespace sotto
