// What a session with an accelerator is asked to be, and what the server said of itself.
#ifndef SOTTO_PROTOCOL_SESSION_OPTIONS_H_
#define SOTTO_PROTOCOL_SESSION_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/config.h"
#include "protocol/peer_certificate.h"
#include "protocol/protocol.h"
#include "sotto/precision.h"

namespace sotto {

// PEM texts, not paths. Without `root_certificates` the system's roots are used.
struct TlsOptions {
  std::string root_certificates{};
  std::string certificate_chain{},
      private_key{};  // The client's own, when the server asks for one.
  // Hex SHA-256 of the server key's SubjectPublicKeyInfo. When set, exactly that key is accepted,
  // whoever signed its certificate; when empty, the chain and the host name are checked.
  std::string pinned_key_sha256{};
  // The same of the key that this endpoint has shown before, when it has: demanded beside the rest.
  std::string known_key_sha256{};
};

// The session's part in a relay between two servers (docs/wire_format.md, "Relay").
struct RelayRole {
  RelayTicket ticket{};
  // The source's: where it reaches the sink, and the key the sink proves to hold (64 hex digits;
  // empty: no TLS). No target: this server is the sink.
  std::string target{}, target_key_sha256{};
};

struct SessionOptions {
  ModelSpec config;                                    // The shapes this side expects.
  std::string weights_sha256;                          // 64 hex digits (Checkpoint::WeightsSha256).
  NumberFormat format = NumberFormat::kRing32;         // Refused at once when the server lacks it.
  FixedWeights fixed_weights = FixedWeights::k12Bits;  // What rows of kRing32 are multiplied by.
  std::optional<TlsOptions> tls{};                     // None: in the clear.
  // kAuto: the first that can be had of shared memory (both on one host), a socket and the stream.
  // Under TLS, rows of kRing32 alone travel on the first two, and encrypted (plane_cipher.h). Any
  // other: nothing else will do.
  DataPlane data_plane = DataPlane::kAuto;
  std::string shm_directory = "/dev/shm";
  std::optional<RelayRole> relay{};  // A server that does not agree serves all but relays.
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds exchange_timeout{
      60'000};  // From Submit to the last byte of the answer.
};

// What the server says of itself, after the checks; but for the two last fields its word only.
struct ServerInfo {
  std::string software_version{};
  std::vector<std::string> devices{};
  std::string instance_id{};      // 32 hex digits, drawn when the server started.
  uint64_t window_bytes = 0;      // Request and answer bytes it lets a session have in flight.
  std::string peer_key_sha256{};  // Hex, of the TLS key it proved to hold; empty without TLS.
  // Who vouches for that key; none without TLS, and where the key is pinned.
  std::optional<VerifiedPeer> vouched{};
  std::string operands{};  // What it multiplies in: "f32", "bf16", "f16", "ring32".
  DataPlane data_plane = DataPlane::kGrpc;  // In use: not kAuto.
  bool relays = false;                      // It agreed to the role asked for.
  std::string why_no_relay{};               // Its reason, when it did not.
  uint64_t relay_inbox_bytes = 0;           // A sink's: products it keeps at once.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SESSION_OPTIONS_H_
