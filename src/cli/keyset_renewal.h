// Renews the keyset of a service that runs.
#ifndef SOTTO_CLI_KEYSET_RENEWAL_H_
#define SOTTO_CLI_KEYSET_RENEWAL_H_

#include <csignal>
#include <functional>
#include <memory>

#include "cli/serve_identity.h"
#include "trusted/service/service.h"

namespace sotto {

// The signals that are waited for here; blocked by the caller, before any thread exists.
sigset_t ServiceSignals();
// One of them: somebody in this process has something for the thread that waits.
inline constexpr int kWakeSignal = SIGUSR2;

// What there is to be renewed.
struct ServedIdentity {
  IdentityJob job = {};
  IdentityPlace place = {};
  std::shared_ptr<const ServiceIdentity> identity = {};  // Null: nothing.
};

// Returns at SIGTERM, SIGINT, SIGHUP or kWakeSignal, which it was. Until then `renew` gets a new
// identity whenever it is time (RenewalTime()), and at SIGUSR1. If that fails the old one stays,
// with a warning, until the next try, in minutes.
using RenewService = std::function<absl::Status(ServiceRenewal)>;
int RenewUntilSignal(const RenewService& renew, ServedIdentity& served);

// The same, of `service`, until SIGTERM, SIGINT or SIGHUP.
void ServeUntilStopped(Service& service, ServedIdentity served);

}  // namespace sotto

#endif  // SOTTO_CLI_KEYSET_RENEWAL_H_
