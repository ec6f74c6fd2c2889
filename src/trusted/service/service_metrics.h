// What the service counts, for Prometheus: numbers, sizes and times, never contents.
#ifndef SOTTO_TRUSTED_SERVICE_SERVICE_METRICS_H_
#define SOTTO_TRUSTED_SERVICE_SERVICE_METRICS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "trusted/service/scheduler.h"

namespace sotto {

// Thread-safe.
class ServiceMetrics {
 public:
  ServiceMetrics();
  ~ServiceMetrics();

  void SetConnections(size_t connections);
  void SetQueue(const SchedulerReport& report);
  // `endpoint`: one of the service's paths, or "other".
  void CountAnswer(std::string_view endpoint, int status, double seconds);
  void CountPass(size_t prompts, size_t tokens, double seconds);

  // In Prometheus' text format.
  std::string Text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_SERVICE_METRICS_H_
