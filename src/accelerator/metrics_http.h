// A minimal HTTP/1.0 responder for one text: enough for a Prometheus scrape, and nothing else.
#ifndef SOTTO_ACCELERATOR_METRICS_HTTP_H_
#define SOTTO_ACCELERATOR_METRICS_HTTP_H_

#include <functional>
#include <memory>
#include <string>

#include "accelerator/accept_loop.h"
#include "base/status.h"

namespace sotto {

class MetricsHttp {
 public:
  // Serves GET /metrics with what `text` returns, one connection at a time, each for two seconds at
  // most. address: HOST:PORT (port 0: any). INVALID_ARGUMENT or UNAVAILABLE naming --metrics.
  static absl::StatusOr<std::unique_ptr<MetricsHttp>> Start(const std::string& address,
                                                            std::function<std::string()> text);

  int port() const { return loop_.sockets().port(); }

 private:
  MetricsHttp(std::unique_ptr<ListenSockets> sockets, std::function<std::string()> text);
  void Answer(int connection) const;

  const std::function<std::string()> text_;
  AcceptLoop loop_;  // Last: its thread uses the rest.
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_METRICS_HTTP_H_
