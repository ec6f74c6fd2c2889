// TLS towards an accelerator, ending inside this process.
#ifndef SOTTO_PROTOCOL_TLS_H_
#define SOTTO_PROTOCOL_TLS_H_

#include <grpcpp/security/credentials.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/status.h"
#include "protocol/peer_certificate.h"
#include "protocol/session_options.h"

namespace sotto {

// What was decided of the peer during the handshake: gRPC itself reports a refused peer as one that
// cannot be reached. Thread-safe.
class PeerVerdict {
 public:
  void Refuse(const absl::Status& status);
  void Accept(std::optional<VerifiedPeer> peer);
  // PERMISSION_DENIED when a peer was refused.
  absl::Status status() const;
  // Of the peer accepted last; none when its key was pinned, and nobody's word asked for.
  std::optional<VerifiedPeer> peer() const;

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
  std::optional<VerifiedPeer> peer_;
};

// Whether a peer that showed `chain_pem`, its own certificate first, is the one `options` ask for
// at `host`. Who vouches for it; nothing where its key is pinned. PERMISSION_DENIED with the
// reason.
absl::StatusOr<std::optional<VerifiedPeer>> CheckPeer(const std::string& chain_pem,
                                                      const std::string& host,
                                                      const TlsOptions& options);

// Whoever connects with them is told the reason of a refusal by `verdict`.
std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(
    const TlsOptions& options, std::shared_ptr<PeerVerdict> verdict);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_TLS_H_
