#include "connect/service_pool.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "connect/receipt_keeper.h"
#include "connect/service_questions.h"

namespace sotto {
namespace {

// Of replicas. Beyond it all are learnt anew.
constexpr size_t kMostKnown = 256;

void SayVerified(const ServiceVerdict& verdict) {
  if (!LogEnabled(LogLevel::kInfo)) return;
  Log(LogLevel::kInfo,
      StrCat("verified: keyset ", verdict.keyset->digest(), ", TLS key ", verdict.tls_spki_sha256));
}

}  // namespace

struct ServicePool::Flight {
  explicit Flight(asio::io_context& io) : landed(io, asio::steady_timer::time_point::max()) {}
  absl::StatusOr<Known> result = absl::UnavailableError("the service: its report did not come");
  bool over = false;
  asio::steady_timer landed;  // Cancelled when it is over.
};

// Lets those who wait go, whatever ends the one whom they wait for.
class ServicePool::FlightEnd {
 public:
  FlightEnd(ServicePool& pool, std::string key, std::shared_ptr<Flight> flight)
      : pool_(pool), key_(std::move(key)), flight_(std::move(flight)) {}
  ~FlightEnd() {
    flight_->over = true;
    flight_->landed.cancel();
    pool_.flights_.erase(key_);
  }
  FlightEnd(const FlightEnd&) = delete;
  FlightEnd& operator=(const FlightEnd&) = delete;

 private:
  ServicePool& pool_;
  const std::string key_;
  const std::shared_ptr<Flight> flight_;
};

ServicePool::ServicePool(asio::io_context& io, const ConnectOptions& options,
                         std::shared_ptr<asio::ssl::context> tls)
    : io_(io), options_(options), tls_(std::move(tls)) {}

// A clock that was set back does not make a verdict younger.
bool ServicePool::StillHolds(const ServiceVerdict& verdict) const {
  const std::chrono::sys_seconds now = options_.Now();
  return verdict.at <= now && now < HoldsUntil(verdict, options_);
}

bool ServicePool::IsUsable(ServiceConnection& connection) const {
  const auto idle = std::chrono::steady_clock::now() - connection.idle_since;
  return idle < options_.limits.service_idle_timeout && StillHolds(*connection.service) &&
         connection.IsQuiet();
}

ServicePool::Connection ServicePool::TakeIdle() {
  while (!idle_.empty()) {
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    if (IsUsable(*connection)) return connection;
  }
  return nullptr;
}

void ServicePool::CloseIdle() {
  std::erase_if(idle_, [&](const Connection& connection) { return !IsUsable(*connection); });
}

void ServicePool::Give(Connection connection) {
  const auto known = known_.find(connection->service->tls_spki_sha256);
  if (known == known_.end() ||
      known->second->keyset->digest() != connection->service->keyset->digest()) {
    return;
  }
  connection->idle_since = std::chrono::steady_clock::now();
  connection->lowest().expires_never();
  if (IsUsable(*connection)) idle_.push_back(std::move(connection));
}

void ServicePool::Distrust(const ServiceConnection& connection) {
  const std::string& digest = connection.service->keyset->digest();
  std::erase_if(known_,
                [&](const auto& entry) { return entry.second->keyset->digest() == digest; });
  std::erase_if(
      idle_, [&](const Connection& other) { return other->service->keyset->digest() == digest; });
}

asio::awaitable<absl::StatusOr<ServicePool::Known>> ServicePool::LearnNew(
    ServiceConnection& connection) {
  absl::StatusOr<ServiceVerdict> verdict = co_await AskReport(connection, options_);
  if (!verdict.ok()) co_return verdict.status();
  if (!verdict->accepted()) co_return verdict->ToStatus();
  if (options_.receipts_dir.has_value()) {
    const absl::Status kept =
        ReceiptKeeper(*options_.receipts_dir)
            .KeepReport(verdict->keyset->digest(), verdict->report, verdict->nonce);
    if (!kept.ok()) co_return kept;
  }
  auto known = std::make_shared<const ServiceVerdict>(*std::move(verdict));
  if (known_.size() >= kMostKnown) known_.clear();
  known_[known->tls_spki_sha256] = known;
  SayVerified(*known);
  co_return known;
}

asio::awaitable<absl::StatusOr<ServicePool::Known>> ServicePool::Learn(
    ServiceConnection& connection) {
  const std::string key = connection.Facts().tls_spki_sha256;
  if (const auto known = known_.find(key); known != known_.end()) {
    if (StillHolds(*known->second)) co_return known->second;
    known_.erase(known);
  }
  if (const auto found = flights_.find(key); found != flights_.end()) {
    const std::shared_ptr<Flight> flight = found->second;
    while (!flight->over) {
      ErrorCode cancelled;
      co_await flight->landed.async_wait(Into(cancelled));
    }
    co_return flight->result;
  }
  const auto flight = std::make_shared<Flight>(io_);
  flights_[key] = flight;
  const FlightEnd end(*this, key, flight);
  absl::StatusOr<Known> result = co_await LearnNew(connection);
  flight->result = result;
  co_return result;
}

asio::awaitable<absl::StatusOr<ServicePool::Connection>> ServicePool::Take() {
  if (Connection idle = TakeIdle(); idle != nullptr) co_return idle;
  auto connection = std::make_unique<ServiceConnection>(io_, *tls_, options_);
  const absl::Status opened = co_await connection->Open();
  if (!opened.ok()) co_return opened;
  const absl::StatusOr<Known> known = co_await Learn(*connection);
  if (!known.ok()) co_return known.status();
  ServiceVerdict channel{.keyset = (*known)->keyset};
  const absl::Status asked = co_await AskProof(*connection, channel);
  if (!asked.ok()) co_return asked;
  if (!channel.accepted()) co_return channel.ToStatus();
  // Whoever held the proof back gains no time by it.
  if (!StillHolds(**known)) {
    co_return absl::UnavailableError("the service: what was verified ended meanwhile");
  }
  connection->service = *known;
  co_return connection;
}

asio::awaitable<absl::StatusOr<ServiceVerdict>> ServicePool::Verify() {
  ServiceConnection connection(io_, *tls_, options_);
  const absl::Status opened = co_await connection.Open();
  if (!opened.ok()) co_return opened;
  const absl::StatusOr<ServiceVerdict> verdict = co_await AskForItself(connection, options_);
  co_return verdict;
}

}  // namespace sotto
