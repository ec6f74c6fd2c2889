// Accepts connections of listening sockets, on a thread of its own.
#ifndef SOTTO_ACCELERATOR_ACCEPT_LOOP_H_
#define SOTTO_ACCELERATOR_ACCEPT_LOOP_H_

#include <poll.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "accelerator/descriptors.h"
#include "accelerator/listen_sockets.h"
#include "base/descriptor.h"

namespace sotto {

// Every function is called on the loop's thread, and keeps everybody waiting while it runs.
struct AcceptOptions {
  int flags = 0;  // Of accept4.
  // Whether a new connection may stay; one that may not is closed at once.
  std::function<bool(int connection)> admit = [](int) { return true; };
  // Takes a connection that was admitted, and the socket it came to.
  std::function<void(Descriptor connection, int listener)> take;
  // A connection is taken when its first bytes are there, or after this; zero: at once.
  std::chrono::milliseconds patience{0};
};

class AcceptLoop {
 public:
  AcceptLoop(std::unique_ptr<ListenSockets> sockets, AcceptOptions options);
  // Nobody can connect when it returns; connections that have been taken stay.
  ~AcceptLoop();

  const ListenSockets& sockets() const { return *sockets_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Held {
    Descriptor connection;
    int listener;
    Clock::time_point until;
  };

  void Run();
  void AcceptOne(int listener);
  // Takes those held that have bytes, or waited long enough; `polled` is of each.
  void TakeDue(std::span<const pollfd> polled);
  // Milliseconds until the first of those held is due; -1 when there is none.
  int UntilNextDue() const;

  const std::unique_ptr<ListenSockets> sockets_;
  const AcceptOptions options_;
  Accepter accepter_;
  std::vector<Held> held_;
  const Descriptor stop_;  // Readable once the thread has to end.
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_ACCEPT_LOOP_H_
