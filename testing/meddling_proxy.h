// A network that does as it likes: forwards every connection to a server, keeps a copy of what
// passes on data connections, and changes them on request. Test-only.
#ifndef SOTTO_TESTING_MEDDLING_PROXY_H_
#define SOTTO_TESTING_MEDDLING_PROXY_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "testing/loopback.h"

namespace sotto {

class MeddlingProxy {
 public:
  enum Direction { kToServer, kToClient };
  // May change `bytes`, which begin at byte `at` of the direction (the hail's first is 0), and
  // their number. False: the connection ends before them.
  using Meddle = std::function<bool(Direction direction, uint64_t at, std::vector<uint8_t>& bytes)>;

  // `port` of 127.0.0.1 is the server's.
  explicit MeddlingProxy(
      int port, Meddle meddle = [](auto...) { return true; });
  ~MeddlingProxy();

  const std::string& endpoint() const { return listener_.endpoint; }
  int data_connections() const { return data_connections_; }
  // What passed on data connections, as it was sent, all of them one after the other.
  std::vector<uint8_t> Seen(Direction direction) const;

 private:
  void Accept();
  void Forward(Descriptor client);
  // Forwards what is there. False when the connection is over.
  bool Pass(Direction direction, bool data, int from, int to, uint64_t& at);

  const int port_;
  const Meddle meddle_;
  const LoopbackListener listener_;
  const Descriptor stop_;
  std::atomic<int> data_connections_{0};
  mutable std::mutex mutex_;
  std::array<std::vector<uint8_t>, 2> seen_;  // Guarded by mutex_, as are the threads.
  std::vector<std::thread> connections_;
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_MEDDLING_PROXY_H_
