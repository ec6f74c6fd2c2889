// Which connections are open and to whom: so that no peer has all of them, and connections alone
// never use up the process's descriptors.
#ifndef SOTTO_ACCELERATOR_CONNECTION_TABLE_H_
#define SOTTO_ACCELERATOR_CONNECTION_TABLE_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace sotto {

// Time for TLS and HTTP/2 to be agreed upon.
inline constexpr std::chrono::milliseconds kHandshakeTimeout{10'000};

struct ConnectionLimits {
  size_t total = 1024, per_peer = 512;
};

// Connections are handed over to gRPC, which closes them without a word: whether one is still open
// is seen by its descriptor, which then is another file's or nobody's. Thread-safe.
class ConnectionTable {
 public:
  explicit ConnectionTable(const ConnectionLimits& limits) : limits_(limits) {}

  // Whether the socket `fd` may stay open within the limits; it is then remembered.
  bool Admit(int fd);
  // Connections remembered; some may have been closed since.
  size_t size() const;
  // Peers of connections that were closed since the last call, and before they were older than a
  // TLS handshake may be: those it failed for are among them.
  std::set<std::string> TakeLeavers();

 private:
  struct Connection {
    ino_t inode;
    std::string peer;
    std::chrono::steady_clock::time_point admitted;
  };
  // REQUIRES: mutex_ held, all three.
  void Forget(std::map<int, Connection>::iterator connection);
  void ForgetClosed();
  bool HasRoomFor(const std::string& peer) const;

  const ConnectionLimits limits_;
  mutable std::mutex mutex_;             // Guards what follows.
  std::map<int, Connection> open_;       // By descriptor.
  std::map<std::string, size_t> peers_;  // Connections of each.
  std::set<std::string> leavers_;
};

// Whom limits of connections hold for: an address without its port, the user of a unix socket.
std::string PeerOfSocket(int fd);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_CONNECTION_TABLE_H_
