// What the server counts, in Prometheus' text format on HTTP when asked. Sizes and times only.
#ifndef SOTTO_ACCELERATOR_METRICS_H_
#define SOTTO_ACCELERATOR_METRICS_H_

#include <memory>
#include <string>

#include "accelerator/connection_failures.h"
#include "accelerator/session_runner.h"
#include "base/status.h"

namespace sotto {

// Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  // Serves http://ADDRESS/metrics until destroyed. address: HOST:PORT. UNAVAILABLE when it cannot
  // listen there. The port in use (ADDRESS may ask for 0).
  absl::StatusOr<int> Expose(const std::string& address);

  void SessionOpened();
  void SessionClosed();
  void SessionRefused();
  void SessionFailed();
  void ConnectionRefused();
  void HandshakeFailed(ConnectionFailure failure);
  void ExchangeServed(const ExchangeRecord& record);

  // The text a scrape would get.
  std::string Text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_METRICS_H_
