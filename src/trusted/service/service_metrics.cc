#include "trusted/service/service_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/strings.h"

namespace sotto {
namespace {

// 1 ms to a minute.
prometheus::Histogram::BucketBoundaries RequestBuckets() {
  return {1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

}  // namespace

struct ServiceMetrics::Impl {
  prometheus::Gauge& AddGauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(*registry).Add({});
  }
  prometheus::Counter& AddCounter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry).Add({});
  }

  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  prometheus::Gauge& connections =
      AddGauge("sotto_service_connections", "Connections currently open");
  prometheus::Gauge& jobs =
      AddGauge("sotto_service_queue_requests", "Requests waiting for or in a forward pass");
  prometheus::Gauge& tokens =
      AddGauge("sotto_service_queue_tokens", "Tokens of requests waiting or in a forward pass");
  prometheus::Counter& passes = AddCounter("sotto_service_passes_total", "Forward passes");
  prometheus::Counter& pass_prompts =
      AddCounter("sotto_service_prompts_total", "Prompts of forward passes");
  prometheus::Counter& pass_tokens =
      AddCounter("sotto_service_tokens_total", "Tokens of forward passes");
  prometheus::Counter& pass_seconds =
      AddCounter("sotto_service_pass_seconds_total", "Time spent in forward passes");
  prometheus::Family<prometheus::Counter>& answers = prometheus::BuildCounter()
                                                         .Name("sotto_service_answers_total")
                                                         .Help("Answers, by endpoint and status")
                                                         .Register(*registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram()
          .Name("sotto_service_request_seconds")
          .Help("From a whole request to its answer")
          .Register(*registry);
};

ServiceMetrics::ServiceMetrics() : impl_(std::make_unique<Impl>()) {}
ServiceMetrics::~ServiceMetrics() = default;

void ServiceMetrics::SetConnections(size_t connections) {
  impl_->connections.Set(static_cast<double>(connections));
}

void ServiceMetrics::SetQueue(const SchedulerReport& report) {
  impl_->jobs.Set(static_cast<double>(report.jobs));
  impl_->tokens.Set(static_cast<double>(report.tokens));
}

void ServiceMetrics::CountAnswer(std::string_view endpoint, int status, double seconds) {
  const std::string path(endpoint);
  impl_->answers.Add({{"endpoint", path}, {"status", StrCat(status)}}).Increment();
  impl_->seconds.Add({{"endpoint", path}}, RequestBuckets()).Observe(seconds);
}

void ServiceMetrics::CountPass(size_t prompts, size_t tokens, double seconds) {
  impl_->passes.Increment();
  impl_->pass_prompts.Increment(static_cast<double>(prompts));
  impl_->pass_tokens.Increment(static_cast<double>(tokens));
  impl_->pass_seconds.Increment(seconds);
}

std::string ServiceMetrics::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry->Collect());
}

}  // namespace sotto
