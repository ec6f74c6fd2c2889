#include "cli/relay_flags.h"

#include "base/strings.h"
#include "cli/command.h"
#include "protocol/endpoint.h"

namespace sotto {

RelayFlags::RelayFlags(CLI::App& app)
    : relay_(AddSwitch(app, "--relay",
                       "With shares between two servers, require that the first sends its products "
                       "to the second (by default: if it can)")),
      no_relay_(AddSwitch(app, "--no-relay", "Never let servers send products to each other")),
      relay_peer_(app, {.flag = "--relay-peer",
                        .placeholder = "ENDPOINT",
                        .help = "Where the first server reaches the second",
                        .shown_default = "as --accelerator says"}) {}

absl::Status RelayFlags::Read(SplitOptions& options) const {
  if (relay_->count() > 0 && no_relay_->count() > 0) {
    return UsageError("--relay and --no-relay: cannot be combined");
  }
  if (relay_->count() > 0) options.relay = RelayUse::kRequired;
  if (no_relay_->count() > 0) options.relay = RelayUse::kNever;
  options.relay_peer = relay_peer_.value();
  if (options.relay_peer.empty()) return absl::OkStatus();
  const absl::Status status = CheckEndpoint(options.relay_peer, /*for_listening=*/false);
  if (status.ok()) return absl::OkStatus();
  return UsageError(StrCat("--relay-peer: ", ToStd(status.message())));
}

}  // namespace sotto
