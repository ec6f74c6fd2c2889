// What the connections of clients share. All on the thread of the pool's io_context, but for what
// says otherwise.
#ifndef SOTTO_CONNECT_LOCAL_STATE_H_
#define SOTTO_CONNECT_LOCAL_STATE_H_

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "connect/coroutines.h"
#include "connect/options.h"
#include "connect/receipt_keeper.h"
#include "connect/service_pool.h"
#include "http/memory_budget.h"

namespace sotto {

struct LocalState {
  LocalState(asio::io_context& context, const ConnectOptions& connect_options,
             std::shared_ptr<asio::ssl::context> tls)
      : io(context), options(connect_options), pool(io, options, std::move(tls)) {
    if (options.receipts_dir.has_value()) receipts.emplace(*options.receipts_dir);
  }

  asio::io_context& io;
  const ConnectOptions options;
  ServicePool pool;
  std::optional<ReceiptKeeper> receipts;
  const MemoryBudget held{options.limits.max_held_bytes};
  // Of connections that wait for a request: what ends each.
  std::list<std::function<void()>> waiting;

  // Changed under the mutex; Drain() waits on another thread, for all connections but those whose
  // service is still being verified: nothing of theirs has left, and once it drains nothing will.
  std::mutex mutex;
  std::condition_variable ended;
  bool draining = false;
  size_t connections = 0, unsent = 0;
};

// One of `unsent`, as long as it lives.
class UnsentRequest {
 public:
  explicit UnsentRequest(LocalState& state) : state_(state) { Count(1); }
  ~UnsentRequest() { Count(-1); }
  UnsentRequest(const UnsentRequest&) = delete;
  UnsentRequest& operator=(const UnsentRequest&) = delete;

 private:
  void Count(int change) {
    const std::lock_guard lock(state_.mutex);
    state_.unsent += static_cast<size_t>(change);
    state_.ended.notify_all();
  }
  LocalState& state_;
};

// Serves a client's socket as a coroutine on state's io_context.
void SpawnLocalConnection(tcp::socket socket, std::shared_ptr<LocalState> state);

}  // namespace sotto

#endif  // SOTTO_CONNECT_LOCAL_STATE_H_
