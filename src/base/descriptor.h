// A file descriptor that is closed in the end.
#ifndef SOTTO_BASE_DESCRIPTOR_H_
#define SOTTO_BASE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace sotto {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }

  int get() const { return fd_; }  // Negative: none.
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

#endif  // SOTTO_BASE_DESCRIPTOR_H_
