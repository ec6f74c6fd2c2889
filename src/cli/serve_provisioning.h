// `sotto serve --await-provisioning`: the service before its keys have come.
#ifndef SOTTO_CLI_SERVE_PROVISIONING_H_
#define SOTTO_CLI_SERVE_PROVISIONING_H_

#include <functional>
#include <memory>
#include <optional>

#include "base/status.h"
#include "cli/keyset_renewal.h"
#include "cli/serve_flags.h"
#include "sotto/model.h"
#include "trusted/service/provisioning.h"

namespace sotto {

// Listens, with the identity of `job`. REQUIRES: it has one. Its documents wake the calling thread
// (kWakeSignal).
absl::StatusOr<std::unique_ptr<ProvisioningService>> StartWaiting(const ServeJob& job);

// Opens the model of `job`, with the key in it.
using OpenServedModel = std::function<absl::StatusOr<Model>(ServeJob& job)>;

// Waits for the document whose key opens the model, and fills `job` and `served` with what came;
// what does not open it is refused, with a warning, and the next one may. Meanwhile keysets are
// renewed. Nullopt after SIGTERM or SIGINT.
absl::StatusOr<std::optional<Model>> AwaitModel(ProvisioningService& waiting,
                                                const OpenServedModel& open, ServeJob& job,
                                                ServedIdentity& served);

}  // namespace sotto

#endif  // SOTTO_CLI_SERVE_PROVISIONING_H_
