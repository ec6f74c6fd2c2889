// Which connections are open and to whom: so that no peer has all of them, and connections alone
// never use up the process's descriptors.
#ifndef SOTTO_ACCELERATOR_CONNECTION_TABLE_H_
#define SOTTO_ACCELERATOR_CONNECTION_TABLE_H_

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>

namespace sotto {

struct ConnectionLimits {
  size_t total = 1024, per_peer = 512;
};

// Connections are handed over to gRPC, which closes them without a word: whether one is still open
// is seen by its descriptor, which then is another file's or nobody's. Not thread-safe.
class ConnectionTable {
 public:
  explicit ConnectionTable(const ConnectionLimits& limits) : limits_(limits) {}

  // Whether the socket `fd` may stay open within the limits; it is then remembered.
  bool Admit(int fd);
  // Connections remembered; some may have been closed since.
  size_t size() const { return open_.size(); }

 private:
  struct Connection {
    ino_t inode;
    std::string peer;
  };
  void Forget(std::map<int, Connection>::iterator connection);
  void ForgetClosed();
  bool HasRoomFor(const std::string& peer) const;

  const ConnectionLimits limits_;
  std::map<int, Connection> open_;       // By descriptor.
  std::map<std::string, size_t> peers_;  // Connections of each.
};

// Whom limits of connections hold for: an address without its port, the user of a unix socket.
std::string PeerOfSocket(int fd);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_CONNECTION_TABLE_H_
