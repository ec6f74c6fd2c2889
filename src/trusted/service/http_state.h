// What a server's connections share. All on the server's thread, but for what says otherwise.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "trusted/service/http_server.h"

namespace sotto {

struct HttpState {
  HttpState(const HttpServerOptions& server_options, const HttpCallbacks& server_callbacks)
      : options(server_options), callbacks(server_callbacks) {}

  const HttpServerOptions options;
  const HttpCallbacks callbacks;

  size_t connections = 0;
  bool draining = false;
  // How to close each connection that waits for a request, the longest waiting first.
  std::list<std::function<void()>> idle;

  // Memory of bodies; counted down from any thread.
  std::atomic<size_t> held_bytes{0};

  // Requests whose answer is not written yet; Drain() waits on another thread.
  std::mutex mutex;
  std::condition_variable all_answered;
  size_t exchanges = 0;
};

// Counts `bytes` as long as it lives; null where there is no room for them.
inline std::shared_ptr<void> HoldBytes(const std::shared_ptr<HttpState>& state, size_t bytes) {
  if (state->held_bytes.fetch_add(bytes) + bytes > state->options.limits.max_held_bytes) {
    state->held_bytes.fetch_sub(bytes);
    return nullptr;
  }
  return {state.get(), [state, bytes](void*) { state->held_bytes.fetch_sub(bytes); }};
}

// A request between its header and the end of its answer.
class HttpExchange {
 public:
  explicit HttpExchange(HttpState& state) : state_(state) {
    const std::lock_guard lock(state_.mutex);
    ++state_.exchanges;
  }
  ~HttpExchange() {
    const std::lock_guard lock(state_.mutex);
    if (--state_.exchanges == 0) state_.all_answered.notify_all();
  }
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

 private:
  HttpState& state_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_
