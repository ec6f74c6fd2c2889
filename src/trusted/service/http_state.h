// What a server's connections share. All on the server's thread, but for what says otherwise.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http/memory_budget.h"
#include "trusted/service/http_places.h"
#include "trusted/service/http_server.h"

namespace boost::asio::ssl {
class context;
}

namespace sotto {

// HttpTerms as connections need them.
struct HttpTermsInUse {
  std::shared_ptr<boost::asio::ssl::context> tls = {};  // Null: plain HTTP.
  std::string exporter_label = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::shared_ptr<const ServiceIdentity> identity = {};
};

// The terms are renewed and have keys, which are not kept beyond their use.
inline HttpServerOptions WithoutTerms(HttpServerOptions options) {
  options.terms = {};
  return options;
}

struct HttpState {
  HttpState(const HttpServerOptions& server_options, const HttpCallbacks& server_callbacks)
      : options(WithoutTerms(server_options)), callbacks(server_callbacks) {}

  const HttpServerOptions options;
  const HttpCallbacks callbacks;

  std::shared_ptr<const HttpTermsInUse> terms = {};  // Of connections that come.
  bool draining = false;
  HttpPlaces places;

  const MemoryBudget bodies{options.limits.max_held_bytes};

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

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_STATE_H_
