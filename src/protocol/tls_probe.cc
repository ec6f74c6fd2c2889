#include "protocol/tls_probe.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <memory>

#include "base/openssl_objects.h"
#include "base/strings.h"
#include "protocol/tcp_connect.h"
#include "protocol/tls.h"

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;

// A server of ours speaks at once when it is content, and at once when it is not.
constexpr std::chrono::milliseconds kPatience{2000};
constexpr unsigned char kHttp2[] = {2, 'h', '2'};

struct PeerCheck {
  const TlsOptions* tls;
  std::string host;
  absl::Status verdict;
  bool asked = false;  // For the client's certificate.
};

std::string ToPem(X509* certificate) {
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return Written(bio);
}

// In the handshake, before the client's certificate is shown. A refusal becomes an alert, by which
// the server learns of it.
int CheckServer(X509_STORE_CTX* store, void* argument) {
  auto& check = *static_cast<PeerCheck*>(argument);
  std::string chain;
  const STACK_OF(X509)* const shown = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(shown); ++i) chain += ToPem(sk_X509_value(shown, i));
  check.verdict = CheckPeer(chain, check.host, *check.tls).status();
  if (check.verdict.ok()) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
  return 0;
}

// Called when the server asks for a certificate.
int NoteRequest(SSL*, void* argument) {
  static_cast<PeerCheck*>(argument)->asked = true;
  return 1;
}

void ShowOwnCertificate(const TlsOptions& tls, SSL_CTX* context) {
  if (tls.private_key.empty()) return;
  const OwnedCertificate own(
      PEM_read_bio_X509(Reader(tls.certificate_chain).get(), nullptr, nullptr, nullptr));
  const OwnedKey key(
      PEM_read_bio_PrivateKey(Reader(tls.private_key).get(), nullptr, nullptr, nullptr));
  if (own == nullptr || key == nullptr) return;
  SSL_CTX_use_certificate(context, own.get());
  SSL_CTX_use_PrivateKey(context, key.get());
  const OwnedBio rest = Reader(tls.certificate_chain);
  OwnedCertificate(PEM_read_bio_X509(rest.get(), nullptr, nullptr, nullptr));  // Its own.
  while (X509* issuer = PEM_read_bio_X509(rest.get(), nullptr, nullptr, nullptr)) {
    SSL_CTX_add_extra_chain_cert(context, issuer);
  }
  ERR_clear_error();
}

absl::Status CertificateRefused(bool shows_certificate) {
  return absl::PermissionDeniedError(
      ToAbsl(shows_certificate ? kCertificateRefused : kCertificateRequired));
}

// What the server answered in place of going on.
absl::Status Explain(int reason, bool shows_certificate) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return absl::FailedPreconditionError(
          "the server does not speak TLS: it was started without a certificate");
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return CertificateRefused(shows_certificate);
    default:
      return absl::OkStatus();
  }
}

int LastReason() {
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  ERR_clear_error();
  return reason;
}

// Handshake and, where that went well, the server's first byte: a TLS 1.3 server judges the
// client's certificate after the client is done. gRPC 1.51 sends no alert then: it asked, and
// closes.
absl::Status ShakeHands(SSL* ssl, bool shows_certificate, const bool& asked) {
  ERR_clear_error();
  char byte = 0;
  int result = SSL_connect(ssl);
  if (result == 1) result = SSL_read(ssl, &byte, 1);
  if (result == 1) return absl::OkStatus();
  const bool waits = SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ;
  const absl::Status explained = Explain(LastReason(), shows_certificate);
  if (!explained.ok() || waits || !asked) return explained;
  return CertificateRefused(shows_certificate);
}

absl::Status WithoutTls(SSL* ssl) {
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  // Its certificate has come: whether the handshake goes on from there does not matter.
  SSL_connect(ssl);
  const OwnedCertificate shown(SSL_get1_peer_certificate(ssl));
  ERR_clear_error();
  if (shown == nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(ToAbsl(kTrustRequired));
}

// OpenSSL writes to a socket that may be closed at the other end: not a reason to die.
class PipeSignalBlocked {
 public:
  PipeSignalBlocked() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~PipeSignalBlocked() {
    const timespec at_once{};
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  PipeSignalBlocked(const PipeSignalBlocked&) = delete;
  PipeSignalBlocked& operator=(const PipeSignalBlocked&) = delete;

 private:
  sigset_t pipe_, before_;
};

std::string HostOf(const std::string& endpoint) {
  std::string host = endpoint.substr(0, endpoint.rfind(':'));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

absl::Status ProbeHandshake(const std::string& endpoint, const std::optional<TlsOptions>& tls,
                            std::chrono::milliseconds timeout) {
  SOTTO_ASSIGN_OR_RETURN(const Descriptor fd,
                         ConnectTo(endpoint, Clock::now() + timeout, std::min(timeout, kPatience)));
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (context == nullptr) return absl::OkStatus();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_protos(context.get(), kHttp2, sizeof(kHttp2));
  PeerCheck check{.tls = nullptr, .host = HostOf(endpoint), .verdict = absl::OkStatus()};
  if (tls) {
    check.tls = &*tls;
    SSL_CTX_set_cert_verify_callback(context.get(), CheckServer, &check);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_cb(context.get(), NoteRequest, &check);
    ShowOwnCertificate(*tls, context.get());
  }
  const PipeSignalBlocked blocked;
  const Ssl ssl(SSL_new(context.get()), SSL_free);
  if (ssl == nullptr || SSL_set_fd(ssl.get(), fd.get()) != 1) return absl::OkStatus();
  if (!tls) return WithoutTls(ssl.get());
  const absl::Status answer = ShakeHands(ssl.get(), !tls->private_key.empty(), check.asked);
  return check.verdict.ok() ? answer : check.verdict;
}

}  // namespace sotto
