// Notices when the server no longer answers whoever connects, so that the process can end and be
// started anew: the kernel goes on completing connections that nobody takes.
#ifndef SOTTO_ACCELERATOR_WATCHDOG_H_
#define SOTTO_ACCELERATOR_WATCHDOG_H_

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "base/descriptor.h"
#include "base/status.h"

namespace sotto {

struct WatchdogOptions {
  // Between two looks, and how long the server may take to answer one.
  std::chrono::milliseconds interval{10'000}, timeout{10'000};
  int misses = 3;  // In a row, before the server is given up.
  // Sent to make the server speak: a TLS ClientHello, or nothing, for an HTTP/2 server without TLS
  // speaks first.
  std::string greeting{};
  // Called once, on the watchdog's thread, with UNAVAILABLE.
  std::function<void(const absl::Status&)> on_dead{};
};

class Watchdog {
 public:
  // Looks at the socket that listens at `listener`'s address.
  Watchdog(int listener, WatchdogOptions options);
  ~Watchdog();

 private:
  void Run();
  // Whether whoever connects is answered, were it by being turned away: OK, or what is missing.
  // CANCELLED when the watchdog is to end.
  absl::Status Look() const;
  // Waits for `events` of `fd` (-1: for nothing). CANCELLED when the watchdog is to end,
  // DEADLINE_EXCEEDED when it took too long.
  absl::Status Wait(int fd, int16_t events, std::chrono::milliseconds timeout) const;

  const WatchdogOptions options_;
  sockaddr_storage address_{};
  socklen_t address_size_ = sizeof(address_);
  const Descriptor stop_;  // Readable once the thread has to end.
  std::thread thread_;
};

// What a TLS client says first: bytes that any TLS server answers.
std::string TlsClientHello();

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_WATCHDOG_H_
