// Ends sessions whose clients are silent for too long: their places are few, and others wait.
#ifndef SOTTO_ACCELERATOR_IDLE_WATCH_H_
#define SOTTO_ACCELERATOR_IDLE_WATCH_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

namespace sotto {

// Watches all sessions of a service, with one thread. Thread-safe.
class IdleWatch {
 public:
  explicit IdleWatch(std::chrono::milliseconds timeout);
  ~IdleWatch();  // After its sessions.

  // One session, from its greeting on. It is idle while nothing is computed for it and no request
  // or answer of it is completed: waiting for a request, for the rest of one, for a client that
  // does not take its answer, or for the other accelerator of a relay.
  class Session {
   public:
    // cancel: called once, when the session has been idle for the timeout; must not block.
    Session(IdleWatch& watch, std::function<void()> cancel);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // A request has arrived whole, an answer has left.
    void Progress() { last_ = Clock::now(); }
    // While one lives the session waits for the server, not for its client.
    class Work {
     public:
      explicit Work(Session& session) : session_(session) { ++session_.working_; }
      ~Work() {
        session_.Progress();
        --session_.working_;
      }
      Work(const Work&) = delete;
      Work& operator=(const Work&) = delete;

     private:
      Session& session_;
    };
    bool expired() const { return expired_; }

   private:
    friend class IdleWatch;
    using Clock = std::chrono::steady_clock;

    IdleWatch& watch_;
    const std::function<void()> cancel_;
    std::atomic<int> working_{0};
    std::atomic<Clock::time_point> last_{Clock::now()};
    std::atomic<bool> expired_{false};
  };

 private:
  void Run();
  void CancelIdle();

  const std::chrono::milliseconds timeout_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;  // Guarded by mutex_, as is the next.
  std::set<Session*> sessions_;
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_IDLE_WATCH_H_
