#include "wire/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>

#include "absl/strings/escaping.h"

namespace sotto {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::IdentityKeyCertPair;
using grpc::experimental::StaticDataCertificateProvider;
using grpc::experimental::TlsCustomVerificationCheckRequest;

// Accepts one key. The handshake has proved by then that the peer holds it.
class PinnedKeyVerifier final : public ExternalCertificateVerifier {
 public:
  explicit PinnedKeyVerifier(std::string fingerprint) : fingerprint_(std::move(fingerprint)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const grpc::string_ref pem = request->peer_cert();
    const absl::StatusOr<std::string> found = KeyFingerprint({pem.data(), pem.size()});
    if (!found.ok() || *found != fingerprint_) {
      *sync_status = {grpc::StatusCode::PERMISSION_DENIED,
                      "the server's key is not the pinned one"};
    }
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::string fingerprint_;
};

std::shared_ptr<grpc::ChannelCredentials> PinnedCredentials(const TlsOptions& options) {
  grpc::experimental::TlsChannelCredentialsOptions tls;
  if (!options.private_key.empty()) {
    tls.set_certificate_provider(
        std::make_shared<StaticDataCertificateProvider>(std::vector<IdentityKeyCertPair>{
            {.private_key = options.private_key, .certificate_chain = options.certificate_chain}}));
    tls.watch_identity_key_cert_pairs();
  }
  tls.set_verify_server_certs(false);  // The pin says more than any chain.
  tls.set_check_call_host(false);
  tls.set_certificate_verifier(
      ExternalCertificateVerifier::Create<PinnedKeyVerifier>(options.pinned_key_sha256));
  return grpc::experimental::TlsCredentials(tls);
}

}  // namespace

absl::StatusOr<std::string> KeyFingerprint(const std::string& certificate_pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())), BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
  if (certificate == nullptr) return absl::InvalidArgumentError("not a PEM certificate");
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
  if (size <= 0) return absl::InvalidArgumentError("a certificate without a public key");
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der, static_cast<size_t>(size), digest.data());
  OPENSSL_free(der);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const TlsOptions& options) {
  if (!options.pinned_key_sha256.empty()) return PinnedCredentials(options);
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = options.root_certificates;
  ssl.pem_private_key = options.private_key;
  ssl.pem_cert_chain = options.certificate_chain;
  return grpc::SslCredentials(ssl);
}

}  // namespace sotto
