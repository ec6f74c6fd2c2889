// accept(2) when there are no file descriptors left.
#ifndef SOTTO_ACCELERATOR_DESCRIPTORS_H_
#define SOTTO_ACCELERATOR_DESCRIPTORS_H_

#include "base/descriptor.h"

namespace sotto {

// Takes connections from listening sockets, and goes on taking them after a time without
// descriptors. One descriptor is kept in reserve: with it, a connection that cannot be had is
// accepted and closed, so that its peer is told at once and the next one gets its turn. Not
// thread-safe.
class Accepter {
 public:
  Accepter();

  // The next connection of `listener`, close-on-exec, with `flags` of accept4. Not ok() when there
  // is none to be had now: wait for the listener to be readable, and ask again.
  Descriptor Accept(int listener, int flags);

 private:
  void Shed(int listener);

  Descriptor reserve_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DESCRIPTORS_H_
