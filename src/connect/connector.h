// The data owner's side of a service in a TEE: clients that know nothing of attestation speak plain
// HTTP to it on this machine, and nothing of theirs leaves before the service has proven what it
// is. docs/attestation.md says what is checked when. Trusted by the data owner; nothing in an
// enclave trusts it.
#ifndef SOTTO_CONNECT_CONNECTOR_H_
#define SOTTO_CONNECT_CONNECTOR_H_

#include <chrono>
#include <memory>

#include "base/status.h"
#include "connect/options.h"
#include "connect/service_verdict.h"

namespace sotto {

class Connector {
 public:
  // INVALID_ARGUMENT for authorities that are no PEM, and for receipts_dir. Starts a thread.
  static absl::StatusOr<std::unique_ptr<Connector>> Create(const ConnectOptions& options);
  ~Connector();  // Stop().
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // What the service is now, over a connection of its own. UNAVAILABLE, DEADLINE_EXCEEDED or
  // RESOURCE_EXHAUSTED where it does not say; the error of the collateral's file. Refusals are in
  // the verdict, but for one by the authorities: PERMISSION_DENIED.
  absl::StatusOr<ServiceVerdict> Verify();

  // Takes clients from now on. INVALID_ARGUMENT or UNAVAILABLE, beginning with "listen", for an
  // address that cannot be had or is not this machine's alone (any_listen_address).
  absl::Status Listen();
  int port() const;

  // Listens no more. Returns when what has been sent to the service is answered, or after
  // `timeout`.
  void Drain(std::chrono::milliseconds timeout);
  // Closes all connections.
  void Stop();

  struct Impl;

 private:
  explicit Connector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_CONNECT_CONNECTOR_H_
