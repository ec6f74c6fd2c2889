// A file descriptor that is closed in the end.
#ifndef SOTTO_BASE_DESCRIPTOR_H_
#define SOTTO_BASE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace sotto {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }  // Negative: none.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace sotto

#endif  // SOTTO_BASE_DESCRIPTOR_H_
