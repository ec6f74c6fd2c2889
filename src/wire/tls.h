// TLS towards an accelerator, ending inside this process.
#ifndef SOTTO_WIRE_TLS_H_
#define SOTTO_WIRE_TLS_H_

#include <grpcpp/security/credentials.h>

#include <memory>
#include <mutex>

#include "base/status.h"
#include "wire/client.h"

namespace sotto {

// What was decided of the peer during the handshake: gRPC itself reports a refused peer as one that
// cannot be reached. Thread-safe.
class PeerVerdict {
 public:
  void Set(const absl::Status& status);
  // PERMISSION_DENIED when a peer was refused.
  absl::Status status() const;

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
};

// Whoever connects with them is told the reason of a refusal by `verdict`.
std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(
    const TlsOptions& options, std::shared_ptr<PeerVerdict> verdict);

}  // namespace sotto

#endif  // SOTTO_WIRE_TLS_H_
