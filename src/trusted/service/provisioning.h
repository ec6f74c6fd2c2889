// A service that waits for its keys (`sotto serve --await-provisioning`): it proves who it is to
// anybody who asks, takes one document (provision_document.h), and answers 503 to everything else.
// TRUSTED: holds keys.
#ifndef SOTTO_TRUSTED_SERVICE_PROVISIONING_H_
#define SOTTO_TRUSTED_SERVICE_PROVISIONING_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "trusted/identity/service_identity.h"
#include "trusted/service/attestation_reports.h"
#include "trusted/service/http_server.h"
#include "trusted/service/provision_document.h"
#include "trusted/service/service.h"
#include "trusted/tee/attester.h"

namespace sotto {

struct ProvisioningOptions {
  HttpServerOptions http = {};  // With TLS. Bodies and connections are bounded further.
  std::shared_ptr<const ServiceIdentity> identity = {};  // At first.
  std::shared_ptr<Attester> attester = {};
  AttestationReportOptions reports = {};
  // If given, kEd25519KeyBytes: documents that its owner has not signed, for the connection on
  // which they come (attest/provision_statement.h), get 403.
  std::string provisioner_key = {};
  // A document waits to be judged (Take()). Called on the server's thread; returns at once.
  std::function<void()> offered = [] {};
};

// Documents are judged one after the other, elsewhere: whether a key is the model's shows when the
// model is opened, which takes long. Until then others get 503.
class ProvisioningService {
 public:
  // Errors are HttpServer::Start()'s.
  static absl::StatusOr<std::unique_ptr<ProvisioningService>> Start(ProvisioningOptions options);
  ~ProvisioningService();

  int port() const;
  // As Service::Renew().
  absl::Status Renew(ServiceRenewal renewal);

  // The document that waits, or none: once each, to be refused or accepted before the next is
  // taken.
  std::optional<ProvisionDocument> Take();
  // Tells its sender, as ErrorResponse() does; the next one may be better.
  void Refuse(const absl::Status& why);
  // Whether its sender is still there, and so has been told of the keyset that clients will see:
  // this is the one document, and all others get 409. False: it is as if it had never come.
  bool Accept(const ServiceIdentity& identity);

  // Ends every connection, once answers are written, and gives up the sockets to the service.
  std::shared_ptr<ListeningSockets> HandOver();

  struct Impl;

 private:
  explicit ProvisioningService(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PROVISIONING_H_
