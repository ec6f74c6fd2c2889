#include "testing/aci_service.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "attest/aci_report.h"
#include "attest/canonical_json.h"
#include "attest/certificates.h"
#include "attest/channel_proof.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

using AciJson = nlohmann::json;
using OwnedSsl = Owned<SSL, SSL_free>;
using OwnedSslContext = Owned<SSL_CTX, SSL_CTX_free>;

constexpr int64_t kCertificateSeconds = int64_t{40000} * 86400;  // Since 1970.

std::string HexOf(const std::string& bytes) { return absl::BytesToHexString(bytes); }

OwnedSslContext ContextOf(const AciIdentity& identity) {
  OwnedSslContext context(SSL_CTX_new(TLS_server_method()));
  const SecretString key = identity.tls_key().Pem().value();
  const std::string key_pem(key.begin(), key.end());
  const OwnedBio certificate_reader = Reader(identity.certificate()), key_reader = Reader(key_pem);
  const OwnedCertificate x509(
      PEM_read_bio_X509(certificate_reader.get(), nullptr, nullptr, nullptr));
  const OwnedKey private_key(PEM_read_bio_PrivateKey(key_reader.get(), nullptr, nullptr, nullptr));
  SOTTO_CHECK(SSL_CTX_use_certificate(context.get(), x509.get()) == 1);
  SOTTO_CHECK(SSL_CTX_use_PrivateKey(context.get(), private_key.get()) == 1);
  return context;
}

std::string ExporterOf(SSL* ssl) {
  std::string value(kChannelExporterBytes, '\0');
  SOTTO_CHECK(SSL_export_keying_material(ssl, reinterpret_cast<unsigned char*>(value.data()),
                                         value.size(), kChannelExporterLabel.data(),
                                         kChannelExporterLabel.size(), nullptr, 0, 0) == 1);
  return value;
}

// Reads requests off a TLS connection, one after the other.
class RequestReader {
 public:
  explicit RequestReader(SSL* ssl) : ssl_(ssl) {}

  std::optional<AciRequest> Next() {
    AciRequest request;
    std::optional<std::string> head = Until("\r\n\r\n");
    if (!head) return std::nullopt;
    request.head = *head;
    const size_t space = head->find(' ');
    request.target = head->substr(space + 1, head->find(' ', space + 1) - space - 1);
    request.path = request.target.substr(0, request.target.find('?'));
    const std::string length = request.Header("Content-Length");
    const bool whole = request.Header("Transfer-Encoding") == "chunked"
                           ? ReadChunks(request.body)
                           : Take(length.empty() ? 0 : std::stoul(length), request.body);
    if (!whole) return std::nullopt;
    return request;
  }

 private:
  bool More() {
    std::array<char, 16384> block{};
    const int read = SSL_read(ssl_, block.data(), static_cast<int>(block.size()));
    if (read <= 0) return false;
    buffer_.append(block.data(), static_cast<size_t>(read));
    return true;
  }
  std::optional<std::string> Until(const std::string& end) {
    while (buffer_.find(end) == std::string::npos) {
      if (!More()) return std::nullopt;
    }
    const size_t size = buffer_.find(end) + end.size();
    std::string text = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return text;
  }
  bool Take(size_t size, std::string& to) {
    while (buffer_.size() < size) {
      if (!More()) return false;
    }
    to += buffer_.substr(0, size);
    buffer_.erase(0, size);
    return true;
  }
  bool ReadChunks(std::string& body) {
    while (true) {
      const std::optional<std::string> line = Until("\r\n");
      if (!line) return false;
      const size_t size = std::stoul(*line, nullptr, 16);
      std::string end;
      if (!Take(size, body) || !Take(2, end)) return false;
      if (size == 0) return true;
    }
  }

  SSL* const ssl_;
  std::string buffer_;
};

std::string AnswerText(const AciAnswer& answer, const std::string& digest) {
  std::string text =
      StrCat(answer.before, "HTTP/1.1 ", answer.status, " X\r\nX-ACI-Version: aci/1\r\n");
  if (!absl::StrContains(answer.headers, "X-ACI-Keyset-Digest")) {
    text += StrCat("X-ACI-Keyset-Digest: ", digest, "\r\n");
  }
  text += answer.headers;
  if (answer.until_end) return text + "Connection: close\r\n\r\n" + answer.body;
  if (!answer.chunked) {
    return text + StrCat("Content-Length: ", answer.body.size(), "\r\n\r\n", answer.body);
  }
  text += "Transfer-Encoding: chunked\r\n\r\n";
  for (size_t at = 0; at < answer.body.size(); at += 1000) {
    const std::string part = answer.body.substr(at, 1000);
    text += StrCat(absl::Hex(part.size()), "\r\n", part, "\r\n");
  }
  return text + "0\r\n\r\n";
}

}  // namespace

std::string AciRequest::Header(const std::string& name) const {
  size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 2 < head.size()) {
    const size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    const size_t colon = line.find(':');
    if (colon != std::string::npos && absl::EqualsIgnoreCase(line.substr(0, colon), name)) {
      return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
    }
    at = end;
  }
  return "";
}

AciIdentity::AciIdentity(int64_t not_after, const std::string& mrenclave)
    : tls_key_(std::make_unique<TlsKey>(TlsKey::Generate().value())),
      certificate_(tls_key_->SelfSign({.not_after = kCertificateSeconds}).value()),
      receipt_key_(std::make_unique<Ed25519Key>(Ed25519Key::Generate().value())),
      channel_key_(std::make_unique<Ed25519Key>(Ed25519Key::Generate().value())),
      mrenclave_(mrenclave) {
  keyset_ = std::make_unique<WorkloadKeyset>(WorkloadKeyset::Make(
      std::nullopt, not_after,
      {{"receipt-1", std::string(kReceiptKeyAlgo), HexOf(receipt_key_->public_key())}},
      {{HexOf(Sha256Bytes(tls_key_->public_key())), std::nullopt}},
      {{"channel-1", std::string(kChannelKeyAlgo), HexOf(channel_key_->public_key())}}));
}

std::string AciIdentity::Report(const std::string& nonce) const {
  const std::string slot = ReportDataSlot(AttestedReportData(keyset_->digest(), nonce));
  EvidenceRecipe recipe(TeeKind::kSgx, 3);
  recipe.report.replace(kSgxReportData, slot.size(), slot);
  if (!mrenclave_.empty()) recipe.report.replace(kSgxMrenclave, mrenclave_.size(), mrenclave_);
  return AciReportToJson(
      MakeAciReport(TeeKind::kSgx, *keyset_, nonce, {}, MakeEvidence(recipe).quote));
}

std::string AciIdentity::ChannelProof(const std::string& exporter) const {
  return ChannelProofToJson(
      MakeChannelProof(exporter, *keyset_, "channel-1", *channel_key_).value());
}

std::string AciIdentity::Receipt(const std::string& id, const std::string& path,
                                 const std::string& request, const std::string& response) const {
  AciJson receipt = {{"api_version", "aci/1"},
                     {"receipt_id", id},
                     {"chat_id", nullptr},
                     {"model", nullptr},
                     {"workload_keyset_digest", keyset_->digest()},
                     {"endpoint", path},
                     {"method", "POST"},
                     {"served_at", 1750000000u},
                     {"event_log",
                      {{{"type", "request.received"}, {"body_hash", PrefixedSha256(request)}},
                       {{"type", "response.returned"}, {"body_hash", PrefixedSha256(response)}}}},
                     {"key_id", "receipt-1"}};
  receipt["signature"] =
      absl::BytesToHexString(receipt_key_->Sign(CanonicalJson(receipt).value()).value());
  return receipt.dump();
}

AciService::AciService(std::shared_ptr<const AciIdentity> identity)
    : identity_(std::move(identity)) {
  signal(SIGPIPE, SIG_IGN);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  SOTTO_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  SOTTO_CHECK(listen(listener_, 64) == 0);
  SOTTO_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { Accept(); });
}

AciService::~AciService() {
  stopping_ = true;
  accepting_.join();
  close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : descriptors_) shutdown(descriptor, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int descriptor : descriptors_) close(descriptor);
}

void AciService::BecomeAnother(std::shared_ptr<const AciIdentity> identity) {
  const std::lock_guard lock(mutex_);
  identity_ = std::move(identity);
}

std::shared_ptr<const AciIdentity> AciService::identity() const {
  const std::lock_guard lock(mutex_);
  return identity_;
}

std::vector<AciRequest> AciService::prompts() const {
  const std::lock_guard lock(mutex_);
  return prompts_;
}

void AciService::Accept() {
  while (!stopping_) {
    pollfd polled{.fd = listener_, .events = POLLIN, .revents = 0};
    if (poll(&polled, 1, /*timeout=*/20) <= 0) continue;
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    const std::lock_guard lock(mutex_);
    descriptors_.push_back(descriptor);
    threads_.emplace_back([this, descriptor] { Serve(descriptor); });
  }
}

void AciService::Serve(int descriptor) {
  const OwnedSslContext context = ContextOf(*identity());
  const OwnedSsl ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), descriptor);
  if (SSL_accept(ssl.get()) == 1) {
    RequestReader reader(ssl.get());
    while (std::optional<AciRequest> request = reader.Next()) {
      request->exporter = ExporterOf(ssl.get());
      const AciAnswer answer = Answer(*request);
      std::string text = AnswerText(answer, identity()->keyset().digest());
      text.resize(text.size() - answer.cut_bytes);
      if (SSL_write(ssl.get(), text.data(), static_cast<int>(text.size())) <= 0) break;
      if (answer.cut_bytes > 0) break;
      if (answer.until_end) {
        SSL_shutdown(ssl.get());
        break;
      }
    }
  }
  ERR_clear_error();
  shutdown(descriptor, SHUT_RDWR);
}

AciAnswer AciService::Answer(const AciRequest& request) {
  const std::shared_ptr<const AciIdentity> own = identity();
  if (request.path == "/v1/aci/attestation") {
    ++reports_;
    const std::string nonce = request.target.substr(request.target.find('=') + 1);
    return {.body = report ? report(nonce) : own->Report(nonce)};
  }
  if (request.path == "/v1/aci/channel") {
    ++proofs_;
    return {.body = proof ? proof(request.exporter) : own->ChannelProof(request.exporter)};
  }
  if (request.path.starts_with("/v1/aci/receipts/")) {
    const std::string id = request.path.substr(request.path.rfind('/') + 1);
    const std::lock_guard lock(mutex_);
    for (const auto& [known, receipt] : receipts_) {
      if (known == id) return {.body = edit_receipt ? edit_receipt(receipt) : receipt};
    }
    return {.status = 404};
  }
  return AnswerPrompt(request);
}

AciAnswer AciService::AnswerPrompt(const AciRequest& request) {
  AciAnswer given =
      answer ? answer(request) : AciAnswer{.body = AciJson{{"echo", request.body}}.dump()};
  const std::lock_guard lock(mutex_);
  prompts_.push_back(request);
  const std::string id = StrCat("rcpt-", prompts_.size());
  receipts_.emplace_back(id, identity_->Receipt(id, request.path, request.body, given.body));
  if (given.status == 200 && request.head.starts_with("POST"))
    given.headers += StrCat("X-Receipt-Id: ", id, "\r\n");
  return given;
}

}  // namespace sotto
