// Protection shares: that no server can take another's place, which would give its operator all
// shares. TRUSTED code. The argument is assumption 3 of THREAT_MODEL.md.
#ifndef SOTTO_TRUSTED_SPLIT_SERVER_IDENTITIES_H_
#define SOTTO_TRUSTED_SPLIT_SERVER_IDENTITIES_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/session_options.h"

namespace sotto {

// What refusals advise: a key is what nobody else can show.
inline constexpr std::string_view kTlsToEvery = "needs TLS to every accelerator";
inline constexpr std::string_view kTrustForEvery =
    "needs the key of every accelerator pinned, or an authority for each";
inline constexpr std::string_view kPinKeysInstead = "pin the accelerators' keys instead";

// What tells a server's identity once its session is open.
struct ServerIdentity {
  std::string endpoint;
  ServerInfo info;
};

// Before anything is dialled: `roots` are PEM texts, one a server, each of those who may vouch for
// that server alone. FAILED_PRECONDITION when two have a key in common: whoever holds it could
// stand in for both. INVALID_ARGUMENT for a text without a certificate.
absl::Status CheckSeparateRoots(const std::vector<std::string>& roots);

// After the greeting, before a row is sent. PERMISSION_DENIED unless all keys differ and all
// servers are different processes and, where a key is not pinned but vouched for, the certificate
// can sign no other, and nobody who vouches holds a server's key or vouches for another server too.
absl::Status CheckSeparateServers(const std::vector<ServerIdentity>& servers);

// For channels that need not be secret: all servers are different processes, by their own word, and
// show different keys where they show any. PERMISSION_DENIED.
absl::Status CheckDifferentServers(const std::vector<ServerIdentity>& servers);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_SERVER_IDENTITIES_H_
