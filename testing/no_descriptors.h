// A process that has run out of file descriptors. Test-only.
#ifndef SOTTO_TESTING_NO_DESCRIPTORS_H_
#define SOTTO_TESTING_NO_DESCRIPTORS_H_

#include <fcntl.h>
#include <sys/resource.h>

#include <vector>

#include "base/descriptor.h"

namespace sotto {

// Leaves the process no descriptor while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit low = before_;
    low.rlim_cur = 256;
    setrlimit(RLIMIT_NOFILE, &low);
    for (int fd; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken_.emplace_back(fd);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
  std::vector<Descriptor> taken_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_NO_DESCRIPTORS_H_
