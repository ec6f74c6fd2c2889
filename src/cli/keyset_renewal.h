// Renews the keyset of a service that runs.
#ifndef SOTTO_CLI_KEYSET_RENEWAL_H_
#define SOTTO_CLI_KEYSET_RENEWAL_H_

#include <csignal>
#include <memory>

#include "cli/serve_identity.h"
#include "trusted/service/service.h"

namespace sotto {

// The signals that ServeUntilStopped() takes; blocked by the caller, before any thread exists.
sigset_t ServiceSignals();

// What there is to be renewed.
struct ServedIdentity {
  IdentityJob job = {};
  IdentityPlace place = {};
  std::shared_ptr<const ServiceIdentity> identity = {};  // Null: nothing.
};

// Returns after SIGTERM or SIGINT. Until then `service` gets a new identity whenever it is time
// (RenewalTime()), and at SIGUSR1. If that fails the old one stays, with a warning, until the next
// try, in minutes.
void ServeUntilStopped(Service& service, ServedIdentity served);

}  // namespace sotto

#endif  // SOTTO_CLI_KEYSET_RENEWAL_H_
