#include "cli/serve_listen_flags.h"

#include <utility>

#include "attest/ed25519.h"
#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/wiping_allocator.h"
#include "cli/command.h"
#include "protocol/endpoint.h"
#include "protocol/own_certificate.h"

namespace sotto {
namespace {

constexpr size_t kMaxNamedFileBytes = size_t{1} << 20;

// To listen at. As an address to call, 0.0.0.0 is this host.
bool IsLoopbackOnly(std::string_view endpoint) {
  return IsLocalEndpoint(endpoint) && !endpoint.starts_with("0.") && !endpoint.starts_with("[::]");
}

}  // namespace

absl::Status BlameNamedFile(const Setting& setting, std::string_view why) {
  return UsageError(StrCat(setting.source(), " ", setting.value(), ": ", why));
}

absl::StatusOr<std::string> ReadNamedFile(const Setting& setting) {
  absl::StatusOr<std::string> text = ReadFileOrPipe(setting.value(), kMaxNamedFileBytes);
  if (text.ok()) return text;
  return UsageError(StrCat(setting.source(), ": ", ToStd(text.status().message())));
}

ServeListenFlags::ServeListenFlags(CLI::App& app)
    : listen_(app, {.flag = "--listen",
                    .placeholder = "HOST:PORT",
                    .help = "Where to serve, as localhost:8443 or 0.0.0.0:443; port 0: any",
                    .default_value = "localhost:8443"}),
      tls_cert_(app, {.flag = "--tls-cert",
                      .placeholder = "FILE",
                      .help = "PEM file with the server's certificate chain",
                      .shown_default = "in a TEE that attests: a key made inside"}),
      tls_key_(app, {.flag = "--tls-key",
                     .placeholder = "FILE",
                     .help = "PEM file with the private key of --tls-cert"}),
      no_tls_(AddSwitch(app, "--no-tls", "Serve plain HTTP, on a loopback address only")),
      api_key_file_(app, {.flag = "--api-key-file",
                          .placeholder = "FILE",
                          .help = "The keys that clients must show (Authorization: Bearer KEY), "
                                  "one a line",
                          .shown_default = "none: everybody may call"}),
      await_provisioning_(AddSwitch(app, "--await-provisioning",
                                    "In a TEE that attests: wait until `sotto provision` has "
                                    "brought the keys and names, once")),
      provisioner_key_(app, {.flag = "--provisioner-key",
                             .placeholder = "FILE",
                             .help = "PEM file with the public key (Ed25519) of whoever alone may "
                                     "bring them",
                             .shown_default = "none: whoever comes first"}) {}

absl::StatusOr<std::string> ServeListenFlags::ReadProvisionerKey() const {
  if (!provisioner_key_.given()) return std::string();
  if (!awaits_provisioning()) {
    return UsageError(
        StrCat(provisioner_key_.source(), ": has no effect without --await-provisioning"));
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string text, ReadNamedFile(provisioner_key_));
  absl::StatusOr<std::string> key = Ed25519PublicKeyFromPem(text);
  if (key.ok()) return key;
  return BlameNamedFile(provisioner_key_, ToStd(key.status().message()));
}

// Keys that are to come are not there.
absl::Status ServeListenFlags::CheckAwaiting() const {
  if (!awaits_provisioning()) return absl::OkStatus();
  for (const Setting* setting : {&tls_cert_, &tls_key_, &api_key_file_}) {
    if (!setting->given()) continue;
    return UsageError(StrCat(setting->source(), kAwaitsProvisioning));
  }
  return no_tls_->count() > 0 ? UsageError(StrCat("--no-tls", kAwaitsProvisioning))
                              : absl::OkStatus();
}

absl::Status ServeListenFlags::ReadTls(ServiceOptions& options) const {
  if (no_tls_->count() > 0) {
    if (tls_cert_.given() || tls_key_.given()) {
      return UsageError("--no-tls: cannot be combined with --tls-cert or --tls-key");
    }
    if (!IsLoopbackOnly(options.http.listen)) {
      return UsageError("--no-tls: needs a loopback address in --listen, such as localhost:8080");
    }
    return absl::OkStatus();
  }
  if (!tls_cert_.given() && !tls_key_.given()) return absl::OkStatus();
  if (!tls_cert_.given() || !tls_key_.given()) {
    return UsageError("--tls-cert and --tls-key: must be given together");
  }
  HttpTls& tls = options.http.terms.tls.emplace();
  SOTTO_ASSIGN_OR_RETURN(tls.certificate_chain, ReadNamedFile(tls_cert_));
  if (const absl::Status valid = CheckValidNow(tls.certificate_chain); !valid.ok()) {
    return BlameNamedFile(tls_cert_, ToStd(valid.message()));
  }
  SOTTO_ASSIGN_OR_RETURN(std::string key, ReadNamedFile(tls_key_));
  const absl::Status fits = CheckKeyOfCertificate(tls.certificate_chain, key);
  tls.private_key = key;
  WipeContents(key);
  return fits.ok() ? fits : BlameNamedFile(tls_key_, ToStd(fits.message()));
}

absl::Status ServeListenFlags::ReadKeys(ServiceOptions& options) const {
  if (awaits_provisioning()) return absl::OkStatus();
  if (!api_key_file_.given()) {
    if (!IsLoopbackOnly(options.http.listen)) {
      Log(LogLevel::kWarning, "--api-key-file: not given, so that everybody may call");
    }
    return absl::OkStatus();
  }
  SOTTO_ASSIGN_OR_RETURN(std::string text, ReadNamedFile(api_key_file_));
  absl::StatusOr<ApiKeys> keys = ApiKeys::Parse(text);
  WipeContents(text);
  if (!keys.ok()) return BlameNamedFile(api_key_file_, ToStd(keys.status().message()));
  options.keys = *std::move(keys);
  return absl::OkStatus();
}

bool ServeListenFlags::leaves_tls_open() const {
  return no_tls_->count() == 0 && !tls_cert_.given();
}

absl::Status ServeListenFlags::Read(ServiceOptions& options) const {
  options.http.listen = listen_.value();
  const absl::Status valid = CheckEndpoint(options.http.listen, /*for_listening=*/true);
  if (!valid.ok() || options.http.listen.starts_with(kUnixPrefix)) {
    return UsageError(StrCat(listen_.source(), ": must be HOST:PORT"));
  }
  SOTTO_RETURN_IF_ERROR(CheckAwaiting());
  SOTTO_RETURN_IF_ERROR(ReadTls(options));
  return ReadKeys(options);
}

void ServeListenFlags::AddFiles(NamedFiles& files) const {
  for (const Setting* setting : {&tls_cert_, &tls_key_, &api_key_file_, &provisioner_key_}) {
    files.inputs.push_back({setting->source(), setting->value()});
  }
}

}  // namespace sotto
