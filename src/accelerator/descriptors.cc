#include "accelerator/descriptors.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace sotto {
namespace {

// Between two attempts while not even the reserve can be had: whoever took it will give it back.
constexpr std::chrono::milliseconds kPause{10};

Descriptor OpenReserve() { return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool OutOfResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Accepter::Accepter() : reserve_(OpenReserve()) {}

Descriptor Accepter::Accept(int listener, int flags) {
  Descriptor connection(accept4(listener, nullptr, nullptr, flags | SOCK_CLOEXEC));
  if (!connection.ok() && OutOfResources(errno)) Shed(listener);
  return connection;
}

void Accepter::Shed(int listener) {
  reserve_.Reset();
  Descriptor refused(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!refused.ok() && OutOfResources(errno)) std::this_thread::sleep_for(kPause);
  refused.Reset();
  reserve_ = OpenReserve();
}

}  // namespace sotto
