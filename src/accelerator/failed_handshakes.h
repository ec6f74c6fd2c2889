// Whose TLS handshakes failed, and how often: each attempt of a peer is an event of the log and is
// counted, once, however many connections the peer made for it.
#ifndef SOTTO_ACCELERATOR_FAILED_HANDSHAKES_H_
#define SOTTO_ACCELERATOR_FAILED_HANDSHAKES_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "accelerator/connection_failures.h"

namespace sotto {

struct FailedHandshakesOptions {
  // Failures of one peer, for one reason, within this time are one attempt: a client makes a
  // connection to each address of a name, and another to find out what is wrong.
  std::chrono::milliseconds attempt{5000};
  // ConnectionTable::TakeLeavers. From any thread.
  std::function<std::set<std::string>()> take_leavers;
  // Counts an attempt. From any thread.
  std::function<void(ConnectionFailure)> count;
};

// gRPC says in its log why a handshake failed, and not whose. It does so while the connection is
// still open, and closes it then: whoever is seen to have left a moment later it was.
// Thread-safe.
class FailedHandshakes {
 public:
  explicit FailedHandshakes(FailedHandshakesOptions options);
  ~FailedHandshakes();

  // One whose peer is known.
  void Add(ConnectionFailure failure, const std::string& peer);

 private:
  using Clock = std::chrono::steady_clock;

  // On a thread of gRPC's.
  void Note(ConnectionFailure failure);
  void Run();
  // Of whom `noted_` is. REQUIRES: `lock` held; given back for a while.
  std::string AwaitLeavers(std::unique_lock<std::mutex>& lock);

  const FailedHandshakesOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;  // Guarded by mutex_, as are the next two.
  std::vector<ConnectionFailure> noted_;
  std::map<std::pair<std::string, ConnectionFailure>, Clock::time_point> last_;
  std::thread thread_;
  const ConnectionFailureWatch watch_{[this](ConnectionFailure failure) { Note(failure); }};
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_FAILED_HANDSHAKES_H_
