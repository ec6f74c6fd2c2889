// A file descriptor that is closed with its owner.
#ifndef SOTTO_ACCELERATOR_UNIQUE_FD_H_
#define SOTTO_ACCELERATOR_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace sotto {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // Gives it up: the caller closes it.
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_UNIQUE_FD_H_
