// Whom a server dials as a relay's source. The target is the word of a client, who may be anybody:
// without these rules the server would be a way into its operator's network.
#ifndef SOTTO_ACCELERATOR_RELAY_TARGET_H_
#define SOTTO_ACCELERATOR_RELAY_TARGET_H_

#include <netdb.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace sotto {

struct RelayPolicy {
  // HOST:PORT, to the letter as clients name them: the operator's word that these may be dialled,
  // wherever they are.
  std::vector<std::string> targets{};
  // Every client has shown a certificate of the operator's choice. Then any target outside this
  // host and outside private networks will do.
  bool clients_are_verified = false;

  bool Names(const std::string& target) const;
  // Whether it may be looked up and, if it is named or public, dialled.
  bool Permits(const std::string& target) const { return clients_are_verified || Names(target); }
};

// An address to dial, as gRPC names it: "ipv4:ADDRESS:PORT" or "ipv6:%5BADDRESS%5D:PORT". What the
// name resolves to is looked at here, once, and that very address is to be dialled.
// PERMISSION_DENIED when the policy forbids it, NOT_FOUND when the name has no address. The reason
// is for the server's log: to a stranger it would describe the operator's network.
absl::StatusOr<std::string> AddressToDial(const std::string& target, const RelayPolicy& policy);

// Whether anybody on the Internet could dial `address` as well: not this host, not a private,
// link-local, shared or documentation network, not multicast (IANA's registries of special-purpose
// addresses, RFC 6890).
bool IsPublic(const sockaddr& address);

// PERMISSION_DENIED when one of what a name resolved to is not public: a name that also leads
// inside is no name of a stranger's.
absl::Status CheckAllPublic(const addrinfo& addresses);

// INVALID_ARGUMENT, naming `text`, for anything but HOST:PORT and [IPV6]:PORT.
absl::Status CheckRelayTarget(const std::string& text);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_RELAY_TARGET_H_
