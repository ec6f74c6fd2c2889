// The data owner's hand-over of keys to a service that waits for them: once it has proven what it
// is, over the connection that it has proven it for, and not before.
#ifndef SOTTO_CONNECT_PROVISIONER_H_
#define SOTTO_CONNECT_PROVISIONER_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/wiping_allocator.h"
#include "connect/options.h"
#include "connect/service_verdict.h"

namespace sotto {

// What is handed over; what is empty stays as it is there.
struct ProvisionedKeys {
  SecretString model_key = {};               // 64 hexadecimal digits.
  SecretVector<SecretString> api_keys = {};  // UTF-8
  std::vector<std::string> tls_names = {};   // The same.
};

struct ProvisioningOutcome {
  ServiceVerdict verdict = {};  // If it is not accepted nothing was sent.
  // Of the service as clients will see it; there if the verdict is accepted.
  std::string keyset_digest = {}, tls_spki_sha256 = {};
};

// `timeout`: until the service has tried the keys, which takes as long as opening its model. Errors
// beyond those of Connector::Verify(), whose refusals are in the verdict: FAILED_PRECONDITION where
// the service does not take the keys, and says why; ALREADY_EXISTS where it has had some;
// DEADLINE_EXCEEDED or UNAVAILABLE where its answer does not come: it may have taken them. Blocks.
absl::StatusOr<ProvisioningOutcome> ProvisionService(const ConnectOptions& options,
                                                     const ProvisionedKeys& keys,
                                                     std::chrono::milliseconds timeout);

}  // namespace sotto

#endif  // SOTTO_CONNECT_PROVISIONER_H_
