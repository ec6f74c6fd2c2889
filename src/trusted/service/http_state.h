// What a server's connections share. All on the server's thread, but for what says otherwise.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#include "trusted/service/http_places.h"
#include "trusted/service/http_server.h"

namespace sotto {

struct HttpState {
  HttpState(const HttpServerOptions& server_options, const HttpCallbacks& server_callbacks)
      : options(server_options), callbacks(server_callbacks) {}

  const HttpServerOptions options;
  const HttpCallbacks callbacks;

  bool draining = false;
  HttpPlaces places;

  // Memory of bodies; counted down from any thread.
  std::atomic<size_t> held_bytes{0};

  // Changed on the server's thread, under the mutex; Drain() and Close() wait on another.
  std::mutex mutex;
  std::condition_variable ended;
  size_t connections = 0;
  size_t exchanges = 0;  // Requests whose answer is not written yet.
};

// Counts one as long as it lives; its end is told.
class HttpCount {
 public:
  HttpCount(HttpState& state, size_t HttpState::*count) : state_(state), count_(count) {
    const std::lock_guard lock(state_.mutex);
    ++(state_.*count_);
  }
  ~HttpCount() {
    const std::lock_guard lock(state_.mutex);
    if (--(state_.*count_) == 0) state_.ended.notify_all();
  }
  HttpCount(const HttpCount&) = delete;
  HttpCount& operator=(const HttpCount&) = delete;

 private:
  HttpState& state_;
  size_t HttpState::*const count_;
};

// Counts `bytes` as long as it lives; null where there is no room for them.
inline std::shared_ptr<void> HoldBytes(const std::shared_ptr<HttpState>& state, size_t bytes) {
  if (state->held_bytes.fetch_add(bytes) + bytes > state->options.limits.max_held_bytes) {
    state->held_bytes.fetch_sub(bytes);
    return nullptr;
  }
  return {state.get(), [state, bytes](void*) { state->held_bytes.fetch_sub(bytes); }};
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_
