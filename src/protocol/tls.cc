#include "protocol/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/openssl_objects.h"
#include "base/strings.h"
#include "protocol/mismatch.h"
#include "protocol/peer_certificate.h"

namespace sotto {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::IdentityKeyCertPair;
using grpc::experimental::StaticDataCertificateProvider;
using grpc::experimental::TlsCustomVerificationCheckRequest;

std::string ToString(const grpc::string_ref& text) { return {text.data(), text.size()}; }

// Accepts one key, or a chain that leads to a root. The handshake has proved by then that the peer
// holds the key.
class PeerVerifier final : public ExternalCertificateVerifier {
 public:
  PeerVerifier(TlsOptions options, std::shared_ptr<PeerVerdict> verdict)
      : options_(std::move(options)), verdict_(std::move(verdict)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const std::string chain = ToString(request->peer_cert_full_chain());
    absl::StatusOr<std::optional<VerifiedPeer>> peer =
        CheckPeer(chain.empty() ? ToString(request->peer_cert()) : chain,
                  ToString(request->target_name()), options_);
    if (peer.ok()) {
      verdict_->Accept(*std::move(peer));
      return true;
    }
    verdict_->Refuse(peer.status());
    *sync_status = {grpc::StatusCode::PERMISSION_DENIED,
                    std::string(ToStd(peer.status().message()))};
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  const TlsOptions options_;
  const std::shared_ptr<PeerVerdict> verdict_;
};

// A root that vouches for nobody: its key is gone when this returns. gRPC wants one, and without
// looks for the system's, which an enclave does not have; PeerVerifier decides all the same.
std::string UnusedRoot() {
  const OwnedKey key(EVP_EC_gen("P-256"));
  const OwnedCertificate root(X509_new());
  const OwnedBio pem(BIO_new(BIO_s_mem()));
  SOTTO_CHECK(key != nullptr && root != nullptr && pem != nullptr);
  X509_gmtime_adj(X509_getm_notBefore(root.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(root.get()), 0);
  SOTTO_CHECK(X509_set_pubkey(root.get(), key.get()) == 1);
  SOTTO_CHECK(X509_sign(root.get(), key.get(), EVP_sha256()) > 0);
  SOTTO_CHECK(PEM_write_bio_X509(pem.get(), root.get()) == 1);
  return Written(pem);
}

}  // namespace

void PeerVerdict::Refuse(const absl::Status& status) {
  std::lock_guard lock(mutex_);
  status_ = status;
}

void PeerVerdict::Accept(std::optional<VerifiedPeer> peer) {
  std::lock_guard lock(mutex_);
  status_ = absl::OkStatus();
  peer_ = std::move(peer);
}

std::optional<VerifiedPeer> PeerVerdict::peer() const {
  std::lock_guard lock(mutex_);
  return peer_;
}

absl::Status PeerVerdict::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

absl::StatusOr<std::optional<VerifiedPeer>> CheckPeer(const std::string& chain_pem,
                                                      const std::string& host,
                                                      const TlsOptions& options) {
  const absl::StatusOr<std::string> key = KeyFingerprint(chain_pem);
  if (!key.ok()) return absl::PermissionDeniedError("the server did not show a certificate");
  std::optional<VerifiedPeer> peer;
  if (options.pinned_key_sha256.empty()) {
    SOTTO_ASSIGN_OR_RETURN(peer, CheckCertificateChain(chain_pem, options.root_certificates, host));
  } else if (*key != options.pinned_key_sha256) {
    return KeyIsNotPinned(*key, options.pinned_key_sha256);
  }
  if (!options.known_key_sha256.empty() && *key != options.known_key_sha256) {
    return KeyHasChanged(*key, options.known_key_sha256);
  }
  return peer;
}

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(
    const TlsOptions& options, std::shared_ptr<PeerVerdict> verdict) {
  grpc::experimental::TlsChannelCredentialsOptions tls;
  std::vector<IdentityKeyCertPair> own;
  if (!options.private_key.empty()) {
    own.push_back(
        {.private_key = options.private_key, .certificate_chain = options.certificate_chain});
    tls.watch_identity_key_cert_pairs();
  }
  tls.set_certificate_provider(std::make_shared<StaticDataCertificateProvider>(UnusedRoot(), own));
  tls.watch_root_certs();
  // Not by gRPC, which would not tell a refused peer from one that is not there: by PeerVerifier.
  tls.set_verify_server_certs(false);
  tls.set_check_call_host(false);
  tls.set_certificate_verifier(
      ExternalCertificateVerifier::Create<PeerVerifier>(options, std::move(verdict)));
  return grpc::experimental::TlsCredentials(tls);
}

}  // namespace sotto
