#include "cli/serve_identity.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "attest/certificates.h"
#include "attest/keyset.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/command.h"
#include "trusted/identity/dice_evidence.h"
#include "trusted/identity/tls_key.h"

namespace sotto {
namespace {

constexpr int64_t kMostHours = 87'600, kMostReceipts = 10'000'000, kMostReceiptSeconds = 2'592'000;
constexpr size_t kLongestKeysetSubject = 256;
// Of those who verify, some have a clock that is slow.
constexpr std::chrono::hours kSlowClocks{1};

int64_t InSeconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// The host of --listen, unless it stands for all; localhost is reached in any case.
std::vector<std::string> NamesFor(const std::string& listen, const std::vector<std::string>& more) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::vector<std::string> names = more;
  for (const std::string& name : {host, std::string("localhost")}) {
    const bool usable = name != "0.0.0.0" && name != "::" && CheckTlsName(name).ok();
    if (usable && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

// For clients that look into certificates for it; without a quote they find none.
std::vector<CertificateExtension> EvidenceOf(const TlsKey& key, Attester& attester) {
  const std::string claims = PublicKeyClaims(key.public_key());
  const absl::StatusOr<std::string> quote = attester.Quote(ReportDataSlot(Sha256Bytes(claims)));
  if (quote.ok()) {
    return {{.oid = kDiceEvidenceOid, .value = TaggedEvidence(*quote, claims)}};
  }
  Log(LogLevel::kWarning, StrCat("no quote in the certificate: ", ToStd(quote.status().message())));
  return {};
}

absl::StatusOr<HttpTls> MakeTls(const std::string& listen, const IdentityJob& job,
                                std::chrono::system_clock::time_point now, Attester& attester) {
  SOTTO_ASSIGN_OR_RETURN(const TlsKey key, TlsKey::Generate());
  HttpTls tls;
  SOTTO_ASSIGN_OR_RETURN(tls.private_key, key.Pem());
  SOTTO_ASSIGN_OR_RETURN(tls.certificate_chain,
                         key.SelfSign({.names = NamesFor(listen, job.tls_names),
                                       .not_before = InSeconds(now - kSlowClocks),
                                       .not_after = InSeconds(now + job.lifetime),
                                       .extensions = EvidenceOf(key, attester)}));
  return tls;
}

absl::Status WithoutIdentity(const IdentityJob& job) {
  if (job.make_tls_key) {
    return UsageError(
        "--tls-cert and --tls-key: are required where no TEE attests a key made inside (or "
        "--no-tls, on a loopback address)");
  }
  if (job.given_flag.empty()) return absl::OkStatus();
  return UsageError(StrCat(job.given_flag, ": has no effect where no TEE attests the service"));
}

}  // namespace

ServeIdentityFlags::ServeIdentityFlags(CLI::App& app)
    : tls_names_(app, {.flag = "--tls-name",
                       .placeholder = "NAME[,NAME]",
                       .help = "Names in the certificate of the key made inside, in a TEE",
                       .shown_default = "the host of --listen, and localhost"}),
      subject_(app, {.flag = "--keyset-subject",
                     .placeholder = "NAME",
                     .help = "What the attested keyset calls the service, for policies that ask",
                     .shown_default = "none"}),
      hours_(app, {.flag = "--keyset-hours",
                   .placeholder = "N",
                   .help = "How long the attested keyset, and a certificate made inside, are valid",
                   .default_value = "720"}),
      max_receipts_(app, {.flag = "--max-receipts",
                          .placeholder = "N",
                          .help = "Receipts that are kept, in a TEE that attests; 0: none",
                          .default_value = "16384"}),
      receipt_seconds_(app, {.flag = "--receipt-seconds",
                             .placeholder = "SECONDS",
                             .help = "How long a receipt is kept",
                             .default_value = "3600"}) {}

absl::Status ServeIdentityFlags::Read(bool make_tls_key, IdentityJob& job) const {
  job.make_tls_key = make_tls_key;
  for (const Setting* setting :
       {&tls_names_, &subject_, &hours_, &max_receipts_, &receipt_seconds_}) {
    if (setting->given()) job.given_flag = setting->source();
  }
  if (tls_names_.given() && !make_tls_key) {
    return UsageError(StrCat(tls_names_.source(), ": has no effect with --tls-cert or --no-tls"));
  }
  const std::string names = tls_names_.value();
  for (const std::string_view name : SplitCommas(names)) {
    if (!tls_names_.given()) break;
    if (const absl::Status valid = CheckTlsName(name); !valid.ok()) {
      return UsageError(StrCat(tls_names_.source(), ": ", ToStd(valid.message())));
    }
    job.tls_names.emplace_back(name);
  }
  SOTTO_RETURN_IF_ERROR(ReadSubject(job));
  return ReadLimits(job);
}

absl::Status ServeIdentityFlags::ReadSubject(IdentityJob& job) const {
  if (!subject_.given()) return absl::OkStatus();
  job.subject = subject_.value();
  const bool plain = job.subject->size() <= kLongestKeysetSubject &&
                     std::ranges::all_of(*job.subject, [](char c) { return c > ' ' && c < 0x7f; });
  if (plain) return absl::OkStatus();
  return UsageError(StrCat(subject_.source(), ": must be at most ", kLongestKeysetSubject,
                           " characters, all of them visible ASCII"));
}

absl::Status ServeIdentityFlags::ReadLimits(IdentityJob& job) const {
  SOTTO_ASSIGN_OR_RETURN(const int64_t hours, hours_.Integer(1, kMostHours));
  job.lifetime = std::chrono::hours(hours);
  SOTTO_ASSIGN_OR_RETURN(const int64_t records, max_receipts_.Integer(0, kMostReceipts));
  job.receipts.records = static_cast<size_t>(records);
  SOTTO_ASSIGN_OR_RETURN(const int64_t seconds, receipt_seconds_.Integer(1, kMostReceiptSeconds));
  job.receipts.age = std::chrono::seconds(seconds);
  return absl::OkStatus();
}

absl::StatusOr<ServiceRenewal> MakeIdentity(const IdentityJob& job, const IdentityPlace& place) {
  const auto now = std::chrono::system_clock::now();
  ServiceRenewal made{.tls = place.given_tls};
  if (job.make_tls_key) {
    SOTTO_ASSIGN_OR_RETURN(made.tls, MakeTls(place.listen, job, now, *place.attester));
  }
  IdentityOptions options{.subject = job.subject, .not_after = InSeconds(now + job.lifetime)};
  if (made.tls.has_value()) options.certificate_chain = made.tls->certificate_chain;
  SOTTO_ASSIGN_OR_RETURN(ServiceIdentity identity, ServiceIdentity::Make(options));
  Notice(StrCat("attested keyset ", identity.keyset().digest()));
  made.identity = std::make_shared<const ServiceIdentity>(std::move(identity));
  return made;
}

absl::Status GiveIdentity(const IdentityJob& job, ServiceOptions& options) {
  if (options.attester == nullptr) return WithoutIdentity(job);
  if (!job.make_tls_key && options.http.terms.tls.has_value()) {
    Log(LogLevel::kWarning,
        "--tls-key: the attested keyset lists this key, which nobody outside may ever have had");
  }
  SOTTO_ASSIGN_OR_RETURN(ServiceRenewal made, MakeIdentity(job, PlaceOf(options)));
  options.http.terms.tls = std::move(made.tls);
  options.identity = std::move(made.identity);
  options.receipts = job.receipts;
  return absl::OkStatus();
}

IdentityPlace PlaceOf(const ServiceOptions& options) {
  return {.listen = options.http.listen,
          .attester = options.attester,
          .given_tls = options.http.terms.tls};
}

std::chrono::sys_seconds RenewalTime(const IdentityJob& job, const ServiceIdentity& identity) {
  const std::chrono::sys_seconds end{std::chrono::seconds(identity.keyset().not_after())};
  return end - std::chrono::seconds(job.lifetime) / 3;
}

}  // namespace sotto
