// Protection `shares`: two servers or more that do not collude (split/shares.h, relay.h).
#include <memory>
#include <utility>

#include "trusted/split/drbg.h"
#include "trusted/split/protection.h"
#include "trusted/split/relay.h"
#include "trusted/split/reveal_row.h"
#include "trusted/split/server_identities.h"
#include "trusted/split/shares.h"

namespace sotto {
namespace {

absl::Status ConnectShares(ProtectionInput input, SplitLinear& split) {
  const ModelSpec& config = input.checkpoint.config();
  std::unique_ptr<Blinder> blinder;
  if (split.relayed) {
    const uint64_t inbox = split.sessions[RelayBlinder::kSink]->server().relay_inbox_bytes;
    blinder = std::make_unique<RelayBlinder>(config, inbox, ProcessDrbg());
  } else {
    blinder = std::make_unique<ShareBlinder>(config, split.sessions.size(), ProcessDrbg());
  }
  return ConnectBlinded(std::move(input), std::move(blinder), split);
}

std::string_view Warning(const SplitOptions& options) {
  if (!options.insecure_channels) return {};
  return "NOT CONFIDENTIAL: over insecure channels, anyone who can read all of them can read the "
         "prompt";
}

}  // namespace

const ProtectionSpec kSharesProtection = {.protection = Protection::kShares,
                                          .name = "shares",
                                          .min_servers = 2,
                                          .max_servers = kMaxServers,
                                          .needs_secret_channels = true,
                                          .what_they_see =
                                              "each accelerator sees random numbers; only all of "
                                              "them together could recover the prompt",
                                          .warning = Warning,
                                          .verified = [](const SplitSetup&) { return true; },
                                          .connect = ConnectShares};

}  // namespace sotto
