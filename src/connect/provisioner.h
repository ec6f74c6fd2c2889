// The data owner's hand-over of keys to a service that waits for them: once it has proven what it
// is, over the connection that it has proven it for, and not before.
#ifndef SOTTO_CONNECT_PROVISIONER_H_
#define SOTTO_CONNECT_PROVISIONER_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "attest/ed25519.h"
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

struct ProvisioningTerms {
  // Until the service has tried the keys, which takes as long as opening its model.
  std::chrono::milliseconds timeout{600'000};
  // Of an owner whom the service knows by the public one; null: none. Outlives the call.
  const Ed25519Key* owner_key = nullptr;
};

struct ProvisioningOutcome {
  ServiceVerdict verdict = {};  // If it is not accepted nothing was sent.
  // Of the service as clients will see it; there if the verdict is accepted.
  std::string keyset_digest = {}, tls_spki_sha256 = {};
};

// Errors beyond those of Connector::Verify(), whose refusals are in the verdict:
// FAILED_PRECONDITION where the service does not take the keys, and says why; ALREADY_EXISTS where
// it has had some; DEADLINE_EXCEEDED or UNAVAILABLE where its answer does not come: it may have
// taken them. Blocks.
absl::StatusOr<ProvisioningOutcome> ProvisionService(const ConnectOptions& options,
                                                     const ProvisionedKeys& keys,
                                                     const ProvisioningTerms& terms);

// The verdict as ServiceVerdictToJson() writes it, with a member "provisioned": what was handed
// over, keys only by their number, and the service's new names; null if nothing was.
std::string ProvisioningToJson(const ProvisioningOutcome& outcome, const ProvisionedKeys& keys,
                               const VerdictFormat& format);

}  // namespace sotto

#endif  // SOTTO_CONNECT_PROVISIONER_H_
