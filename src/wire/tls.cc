#include "wire/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <string>
#include <utility>
#include <vector>

#include "wire/peer_certificate.h"

namespace sotto {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::IdentityKeyCertPair;
using grpc::experimental::StaticDataCertificateProvider;
using grpc::experimental::TlsCustomVerificationCheckRequest;

std::string ToString(grpc::string_ref text) { return {text.data(), text.size()}; }

// Accepts one key, or a chain that leads to a root. The handshake has proved by then that the peer
// holds the key.
class PeerVerifier final : public ExternalCertificateVerifier {
 public:
  PeerVerifier(std::string roots, std::string pinned_key, std::shared_ptr<PeerVerdict> verdict)
      : roots_(std::move(roots)),
        pinned_key_(std::move(pinned_key)),
        verdict_(std::move(verdict)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const absl::Status status = Check(*request);
    verdict_->Set(status);
    if (!status.ok()) {
      *sync_status = {grpc::StatusCode::PERMISSION_DENIED, std::string(status.message())};
    }
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  absl::Status Check(const TlsCustomVerificationCheckRequest& request) const {
    const std::string certificate = ToString(request.peer_cert());
    if (pinned_key_.empty()) {
      const std::string chain = ToString(request.peer_cert_full_chain());
      return CheckCertificateChain(chain.empty() ? certificate : chain, roots_,
                                   ToString(request.target_name()));
    }
    const absl::StatusOr<std::string> key = KeyFingerprint(certificate);
    if (key.ok() && *key == pinned_key_) return absl::OkStatus();
    return absl::PermissionDeniedError("the server's key is not the pinned one");
  }

  const std::string roots_, pinned_key_;
  const std::shared_ptr<PeerVerdict> verdict_;
};

}  // namespace

void PeerVerdict::Set(const absl::Status& status) {
  std::lock_guard lock(mutex_);
  status_ = status;
}

absl::Status PeerVerdict::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(
    const TlsOptions& options, std::shared_ptr<PeerVerdict> verdict) {
  grpc::experimental::TlsChannelCredentialsOptions tls;
  if (!options.private_key.empty()) {
    tls.set_certificate_provider(
        std::make_shared<StaticDataCertificateProvider>(std::vector<IdentityKeyCertPair>{
            {.private_key = options.private_key, .certificate_chain = options.certificate_chain}}));
    tls.watch_identity_key_cert_pairs();
  }
  // Not by gRPC, which would not tell a refused peer from one that is not there: by PeerVerifier.
  tls.set_verify_server_certs(false);
  tls.set_check_call_host(false);
  tls.set_certificate_verifier(ExternalCertificateVerifier::Create<PeerVerifier>(
      options.root_certificates, options.pinned_key_sha256, std::move(verdict)));
  return grpc::experimental::TlsCredentials(tls);
}

}  // namespace sotto
