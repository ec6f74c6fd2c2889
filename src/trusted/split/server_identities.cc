#include "trusted/split/server_identities.h"

#include <map>
#include <set>

#include "base/strings.h"
#include "protocol/peer_certificate.h"

namespace sotto {
namespace {

absl::Status Denied(const ServerIdentity& server, std::string_view why) {
  return absl::PermissionDeniedError(StrCat(server.endpoint, ": ", why));
}

std::string PinInstead(const ServerIdentity& server) {
  return StrCat("; its key has SHA-256 ", server.info.peer_key_sha256, ": ", kPinKeysInstead);
}

absl::Status CheckVouchers(const ServerIdentity& server, const std::set<std::string>& server_keys) {
  const VerifiedPeer& peer = *server.info.vouched;
  if (peer.is_authority) {
    return Denied(server, StrCat("its certificate can sign others (CA:TRUE), so its operator could "
                                 "impersonate another server",
                                 PinInstead(server)));
  }
  if (peer.issuer_keys_sha256.empty()) {
    return Denied(server,
                  StrCat("its own certificate was given as an authority", PinInstead(server)));
  }
  for (const std::string& key : peer.issuer_keys_sha256) {
    if (server_keys.contains(key)) {
      return Denied(server, StrCat("the authority that signed its certificate uses a server's key",
                                   PinInstead(server)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSeparateRoots(const std::vector<std::string>& roots) {
  std::map<std::string, size_t> server_of_key;
  for (size_t server = 0; server < roots.size(); ++server) {
    SOTTO_ASSIGN_OR_RETURN(const std::vector<std::string> keys, KeyFingerprints(roots[server]));
    for (const std::string& key : keys) {
      const auto [place, is_new] = server_of_key.emplace(key, server);
      if (is_new || place->second == server) continue;
      return absl::FailedPreconditionError(
          StrCat("protection shares: accelerators ", place->second + 1, " and ", server + 1,
                 " have the same authority, which could impersonate both; ", kPinKeysInstead));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDifferentServers(const std::vector<ServerIdentity>& servers) {
  std::set<std::string> keys, instances;
  for (const ServerIdentity& server : servers) {
    const std::string& key = server.info.peer_key_sha256;
    const bool new_key = key.empty() || keys.insert(key).second;
    if (!new_key || !instances.insert(server.info.instance_id).second) {
      return Denied(server, "the same server as another endpoint; it would see everything");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSeparateServers(const std::vector<ServerIdentity>& servers) {
  SOTTO_RETURN_IF_ERROR(CheckDifferentServers(servers));
  std::set<std::string> server_keys;
  for (const ServerIdentity& server : servers) {
    if (server.info.peer_key_sha256.empty()) return Denied(server, "did not show a key");
    server_keys.insert(server.info.peer_key_sha256);
  }
  std::map<std::string, const ServerIdentity*> vouches_for;
  for (const ServerIdentity& server : servers) {
    if (!server.info.vouched) continue;  // Pinned.
    SOTTO_RETURN_IF_ERROR(CheckVouchers(server, server_keys));
    for (const std::string& key : server.info.vouched->issuer_keys_sha256) {
      const auto [place, is_new] = vouches_for.emplace(key, &server);
      if (is_new || place->second == &server) continue;
      return Denied(server, StrCat("the authority that signed its certificate also signed that of ",
                                   place->second->endpoint, ", and could impersonate both",
                                   PinInstead(server)));
    }
  }
  return absl::OkStatus();
}

}  // namespace sotto
