// The identity of `sotto serve`, and the flags about it: keys that it makes at its start, where a
// quote can vouch for them.
#ifndef SOTTO_CLI_SERVE_IDENTITY_H_
#define SOTTO_CLI_SERVE_IDENTITY_H_

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/setting.h"
#include "trusted/service/service.h"

namespace sotto {

// As far as the command line says.
struct IdentityJob {
  bool make_tls_key = false;                // There is no certificate, and TLS is wanted.
  std::vector<std::string> tls_names = {};  // Of the certificate that is made, beside its host's.
  std::optional<std::string> subject = {};
  std::chrono::hours lifetime{720};
  ReceiptStore::Limits receipts = {};
  std::string given_flag = {};  // One of these flags; empty: none was given.
};

class ServeIdentityFlags {
 public:
  explicit ServeIdentityFlags(CLI::App& app);

  // After parsing. UsageError naming the flag.
  absl::Status Read(bool make_tls_key, IdentityJob& job) const;

 private:
  absl::Status ReadSubject(IdentityJob& job) const;
  absl::Status ReadLimits(IdentityJob& job) const;

  Setting tls_names_, subject_, hours_, max_receipts_, receipt_seconds_;
};

// What an identity is made for.
struct IdentityPlace {
  std::string listen = {};
  std::shared_ptr<Attester> attester = {};
  std::optional<HttpTls> given_tls = {};  // Stays, unless the TLS key is made (make_tls_key).
};
// Before it is made.
IdentityPlace PlaceOf(const ServiceOptions& options);

// Makes keys, whose keyset begins to age now, and names its digest on stderr. REQUIRES: an
// attester.
absl::StatusOr<ServiceRenewal> MakeIdentity(const IdentityJob& job, const IdentityPlace& place);
// When the identity is to give way to a new one: two thirds of its keyset's time are over, so that
// a client, whose clock may be wrong, and whatever delays the renewal have a third.
std::chrono::sys_seconds RenewalTime(const IdentityJob& job, const ServiceIdentity& identity);

// Where quotes can be had (ServiceOptions::attester): makes the keys, the TLS key among them unless
// one was given, and puts them into `options`, whose other members are complete. Elsewhere nobody
// could check a key, so there is no identity: UsageError where TLS needs one, or where a flag asks
// for it.
absl::Status GiveIdentity(const IdentityJob& job, ServiceOptions& options);

}  // namespace sotto

#endif  // SOTTO_CLI_SERVE_IDENTITY_H_
