#include "accelerator/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>

#include "accelerator/metrics_http.h"

namespace sotto {
namespace {

constexpr double kNanosecond = 1e-9;
constexpr std::array<const char*, 5> kOperations = {"linear", "embedding", "mat_mul",
                                                    "relay_source", "relay_sink"};

// 64 us to 1 s, four to a decade: from an exchange of one row to a whole prompt's lm_head.
prometheus::Histogram::BucketBoundaries DeviceBuckets() {
  return {64e-6, 128e-6, 256e-6, 512e-6, 1e-3, 2e-3, 4e-3, 8e-3,
          16e-3, 32e-3,  64e-3,  0.125,  0.25, 0.5,  1};
}

}  // namespace

struct Metrics::Impl {
  prometheus::Counter& AddCounter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry).Add({});
  }

  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  prometheus::Gauge& sessions = prometheus::BuildGauge()
                                    .Name("sotto_sessions")
                                    .Help("Sessions currently open")
                                    .Register(*registry)
                                    .Add({});
  prometheus::Counter& sessions_total =
      AddCounter("sotto_sessions_total", "Sessions opened since the start");
  prometheus::Counter& refused = AddCounter(
      "sotto_sessions_refused_total", "Sessions refused because of a limit or a bad greeting");
  prometheus::Counter& failed =
      AddCounter("sotto_sessions_failed_total", "Sessions that ended with an error");
  prometheus::Counter& connections_refused = AddCounter(
      "sotto_connections_refused_total", "Connections closed because there were too many");
  prometheus::Counter& received =
      AddCounter("sotto_received_bytes_total", "Payload bytes of requests");
  prometheus::Counter& sent = AddCounter("sotto_sent_bytes_total", "Payload bytes of answers");
  prometheus::Counter& queue_seconds =
      AddCounter("sotto_queue_seconds_total", "Time requests waited for the device");
  prometheus::Histogram& device_seconds = prometheus::BuildHistogram()
                                              .Name("sotto_device_seconds")
                                              .Help("Device time per exchange")
                                              .Register(*registry)
                                              .Add({}, DeviceBuckets());
  std::array<prometheus::Counter*, kOperations.size()> exchanges{};
  std::array<prometheus::Counter*, kConnectionFailures> failed_handshakes{};
  std::unique_ptr<MetricsHttp> http;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  auto& family = prometheus::BuildCounter()
                     .Name("sotto_exchanges_total")
                     .Help("Exchanges answered")
                     .Register(*impl_->registry);
  for (size_t i = 0; i < kOperations.size(); ++i) {
    impl_->exchanges[i] = &family.Add({{"operation", kOperations[i]}});
  }
  auto& failed = prometheus::BuildCounter()
                     .Name("sotto_handshakes_failed_total")
                     .Help("TLS connections that failed before a session, by reason")
                     .Register(*impl_->registry);
  for (size_t i = 0; i < kConnectionFailures; ++i) {
    const std::string_view reason = ConnectionFailureName(static_cast<ConnectionFailure>(i));
    impl_->failed_handshakes[i] = &failed.Add({{"reason", std::string(reason)}});
  }
}

Metrics::~Metrics() = default;

absl::StatusOr<int> Metrics::Expose(const std::string& address) {
  SOTTO_ASSIGN_OR_RETURN(impl_->http, MetricsHttp::Start(address, [this] { return Text(); }));
  return impl_->http->port();
}

void Metrics::SessionOpened() {
  impl_->sessions.Increment();
  impl_->sessions_total.Increment();
}
void Metrics::SessionClosed() { impl_->sessions.Decrement(); }
void Metrics::SessionRefused() { impl_->refused.Increment(); }
void Metrics::SessionFailed() { impl_->failed.Increment(); }
void Metrics::ConnectionRefused() { impl_->connections_refused.Increment(); }

void Metrics::HandshakeFailed(ConnectionFailure failure) {
  impl_->failed_handshakes[static_cast<size_t>(failure)]->Increment();
}

void Metrics::ExchangeServed(const ExchangeRecord& record) {
  impl_->exchanges[static_cast<size_t>(record.operation) - 1]->Increment();
  impl_->received.Increment(static_cast<double>(record.request_bytes));
  impl_->sent.Increment(static_cast<double>(record.answer_bytes));
  impl_->queue_seconds.Increment(static_cast<double>(record.queue_ns) * kNanosecond);
  impl_->device_seconds.Observe(static_cast<double>(record.device_ns) * kNanosecond);
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry->Collect());
}

}  // namespace sotto
