#include "accelerator/failed_handshakes.h"

#include "accelerator/event_log.h"
#include "base/strings.h"

namespace sotto {
namespace {

// How soon gRPC is seen to have closed a connection, and how long that is waited for.
constexpr std::chrono::milliseconds kClosingLook{100};
constexpr int kClosingLooks = 20;
// Peers remembered: beyond, all are strangers again.
constexpr size_t kMaxPeers = 1000;

// A client tries both addresses of that name.
std::string NameOf(const std::string& peer) {
  return peer == "127.0.0.1" || peer == "::1" ? "localhost" : peer;
}

std::string Join(const std::set<std::string>& peers) {
  std::set<std::string> names;
  for (const std::string& peer : peers) names.insert(NameOf(peer));
  if (names.empty()) return "unknown";
  std::string joined = names.size() > 1 ? "one of " : "";
  for (const std::string& name : names) joined += StrCat(name == *names.begin() ? "" : ", ", name);
  return joined;
}

}  // namespace

FailedHandshakes::FailedHandshakes(FailedHandshakesOptions options)
    : options_(std::move(options)), thread_([this] { Run(); }) {}

FailedHandshakes::~FailedHandshakes() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void FailedHandshakes::Note(ConnectionFailure failure) {
  std::lock_guard lock(mutex_);
  // Whoever left before has nothing to do with it.
  if (noted_.empty()) options_.take_leavers();
  noted_.push_back(failure);
  changed_.notify_all();
}

void FailedHandshakes::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopped_ || !noted_.empty(); });
    if (noted_.empty()) return;
    const std::string peer = AwaitLeavers(lock);
    const std::vector<ConnectionFailure> failures = std::exchange(noted_, {});
    lock.unlock();
    for (const ConnectionFailure failure : failures) Add(failure, peer);
    lock.lock();
  }
}

std::string FailedHandshakes::AwaitLeavers(std::unique_lock<std::mutex>& lock) {
  std::set<std::string> peers;
  for (int i = 0; i < kClosingLooks && peers.empty(); ++i) {
    const bool stopped = changed_.wait_for(lock, kClosingLook, [&] { return stopped_; });
    peers = options_.take_leavers();
    if (stopped) break;
  }
  return Join(peers);
}

void FailedHandshakes::Add(ConnectionFailure failure, const std::string& from) {
  const std::string peer = NameOf(from);
  bool known = false;
  {
    std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (last_.size() >= kMaxPeers) last_.clear();
    const auto [last, added] = last_.try_emplace({peer, failure}, now);
    if (!added && now - last->second < options_.attempt) return;
    last->second = now;
    known = !added;
  }
  options_.count(failure);
  // Advice for whoever set the server up: given once.
  if (known && failure == ConnectionFailure::kServerWithoutTls) return;
  LogEvent(LogLevel::kWarning, "handshake_failed",
           {{"peer", peer},
            {"reason", std::string(ConnectionFailureName(failure))},
            {"why", std::string(DescribeConnectionFailure(failure))}});
}

}  // namespace sotto
