// The sessions that run, for a server that is to stop: it tells them why they end.
#ifndef SOTTO_ACCELERATOR_SESSION_ROSTER_H_
#define SOTTO_ACCELERATOR_SESSION_ROSTER_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/status.h"

namespace sotto {

// Thread-safe.
class SessionRoster {
 public:
  using Stop = std::function<void(const absl::Status& why)>;

  SessionRoster() = default;
  ~SessionRoster();  // After its sessions.

  // One session, while it runs. `stop` is called once at most, on another thread: it may take as
  // long as the client does, which whoever stops the server bounds by cancelling the call.
  class Entry {
   public:
    Entry(SessionRoster& roster, Stop stop);
    ~Entry();  // Waits for a `stop` under way.
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class SessionRoster;
    SessionRoster& roster_;
    const Stop stop_;
    bool stopping_ = false;  // Guarded by the roster's lock.
  };

  // Stops every session that runs, each on a thread of its own, and those that come later. Returns
  // at once.
  void StopAll(const absl::Status& why);

 private:
  void StartStopping(Entry& entry);  // REQUIRES: mutex_ held.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Entry*> entries_;  // Guarded by mutex_, as are the next two.
  absl::Status why_;          // OK while sessions may run.
  std::vector<std::thread> threads_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_SESSION_ROSTER_H_
