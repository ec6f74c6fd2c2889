// A minimal HTTP/1.0 responder for one text: enough for a Prometheus scrape, and nothing else.
#ifndef SOTTO_ACCELERATOR_METRICS_HTTP_H_
#define SOTTO_ACCELERATOR_METRICS_HTTP_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "accelerator/descriptors.h"
#include "accelerator/listen_sockets.h"
#include "accelerator/unique_fd.h"
#include "base/status.h"

namespace sotto {

class MetricsHttp {
 public:
  // Serves GET /metrics with what `text` returns, one connection at a time, each for two seconds at
  // most. address: HOST:PORT (port 0: any). INVALID_ARGUMENT or UNAVAILABLE naming --metrics.
  static absl::StatusOr<std::unique_ptr<MetricsHttp>> Start(const std::string& address,
                                                            std::function<std::string()> text);
  ~MetricsHttp();

  int port() const { return sockets_->port(); }

 private:
  MetricsHttp(std::unique_ptr<ListenSockets> sockets, std::function<std::string()> text);
  void Run();
  void Answer(int connection) const;

  const std::unique_ptr<ListenSockets> sockets_;
  const std::function<std::string()> text_;
  Accepter accepter_;
  const UniqueFd stop_;  // Readable once the thread has to end.
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_METRICS_HTTP_H_
