// A service that speaks ACI over TLS as an honest one does, with synthetic quotes, or as one that
// is in the middle does. It writes down all that reaches it.
#ifndef SOTTO_TESTING_ACI_SERVICE_H_
#define SOTTO_TESTING_ACI_SERVICE_H_

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "attest/ed25519.h"
#include "attest/keyset.h"
#include "base/openssl_objects.h"
#include "testing/synthetic_evidence.h"
#include "trusted/identity/tls_key.h"

namespace sotto {

// The keys of an enclave, and what vouches for them.
class AciIdentity {
 public:
  explicit AciIdentity(int64_t not_after, const std::string& mrenclave = {});

  const WorkloadKeyset& keyset() const { return *keyset_; }
  const TlsKey& tls_key() const { return *tls_key_; }
  const std::string& certificate() const { return certificate_; }  // PEM, of localhost.
  std::string Report(const std::string& nonce) const;
  std::string ChannelProof(const std::string& exporter) const;
  std::string Receipt(const std::string& id, const std::string& path, const std::string& request,
                      const std::string& response) const;

 private:
  std::unique_ptr<TlsKey> tls_key_;
  std::string certificate_;
  std::unique_ptr<Ed25519Key> receipt_key_, channel_key_;
  std::unique_ptr<WorkloadKeyset> keyset_;
  std::string mrenclave_;
};

// An exchange as a server sees it.
struct AciRequest {
  std::string head, body;    // With its line; decoded.
  std::string path, target;  // Without and with the query.
  std::string exporter;      // Of the connection.
  std::string Header(const std::string& name) const;
};
struct AciAnswer {
  std::string before = {};  // What is sent before its first line.
  int status = 200;
  std::string headers = {};  // Lines that end in CRLF.
  std::string body = "{}";
  bool chunked = false;
  bool until_end = false;  // Instead: without a length, up to the end of the connection.
  // So many bytes of the end are not sent, and the connection breaks without TLS's own end.
  size_t cut_bytes = 0;
};

// Serves on localhost until it goes. Thread-safe.
class AciService {
 public:
  explicit AciService(std::shared_ptr<const AciIdentity> identity);
  ~AciService();
  AciService(const AciService&) = delete;
  AciService& operator=(const AciService&) = delete;

  int port() const { return port_; }
  // Another identity from now on, for connections that come: its TLS key, reports and proofs.
  void BecomeAnother(std::shared_ptr<const AciIdentity> identity);
  std::shared_ptr<const AciIdentity> identity() const;

  // What a middle changes; each is asked instead of the identity, if set. Set before the first
  // connection.
  std::function<std::string(const std::string& nonce)> report = {};
  std::function<std::string(const std::string& exporter)> proof = {};
  std::function<std::string(const std::string& receipt)> edit_receipt = {};
  std::function<AciAnswer(const AciRequest&)> answer = {};

  // Everything but what a service is asked about itself.
  std::vector<AciRequest> prompts() const;
  int reports() const { return reports_; }
  int proofs() const { return proofs_; }

 private:
  void Accept();
  void Serve(int descriptor);
  AciAnswer Answer(const AciRequest& request);
  AciAnswer AnswerPrompt(const AciRequest& request);

  mutable std::mutex mutex_;
  std::shared_ptr<const AciIdentity> identity_;
  std::vector<AciRequest> prompts_;
  std::vector<std::pair<std::string, std::string>> receipts_;  // By id.
  std::vector<int> descriptors_;
  std::vector<std::thread> threads_;
  std::atomic<int> reports_ = 0, proofs_ = 0;
  std::atomic<bool> stopping_ = false;
  int listener_ = -1, port_ = 0;
  std::thread accepting_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_ACI_SERVICE_H_
