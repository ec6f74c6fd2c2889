#include "cli/split_tls_flags.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/file.h"
#include "base/strings.h"
#include "cli/command.h"
#include "model/sha256.h"
#include "protocol/own_certificate.h"

namespace sotto {
namespace {

absl::Status Blame(std::string_view flag, std::string_view why) {
  return UsageError(StrCat(flag, ": ", why));
}

// A PEM file that must pass `check`.
template <typename Check>
absl::StatusOr<std::string> ReadPem(std::string_view flag, const std::string& path, Check check) {
  absl::StatusOr<std::string> pem = ReadFileOrPipe(path);
  if (!pem.ok()) return Blame(flag, ToStd(pem.status().message()));
  const absl::Status status = check(*pem);
  if (!status.ok()) return Blame(flag, StrCat(path, ": ", ToStd(status.message())));
  return pem;
}

// One for each server, or none at all.
absl::Status CheckCount(const Setting& setting, size_t given, const SplitOptions& options) {
  if (given == 0 || given == options.endpoints.size()) return absl::OkStatus();
  return UsageError(StrCat(setting.source(), ": ", given, " given for ", options.endpoints.size(),
                           " servers; give one for each, in the same order"));
}

absl::StatusOr<std::string> ReadAcceleratorCa(const std::string& path) {
  return ReadPem("--accelerator-ca", path, CheckCertificates);
}

absl::StatusOr<ClientCertificate> ReadOwnCertificate(const Setting& certificate,
                                                     const Setting& private_key) {
  ClientCertificate own;
  SOTTO_ASSIGN_OR_RETURN(own.chain,
                         ReadPem(certificate.source(), certificate.value(), CheckValidNow));
  SOTTO_ASSIGN_OR_RETURN(own.private_key, ReadPem(private_key.source(), private_key.value(),
                                                  [&](const std::string& key) {
                                                    return CheckKeyOfCertificate(own.chain, key);
                                                  }));
  return own;
}

}  // namespace

SplitTlsFlags::SplitTlsFlags(CLI::App& app, const OwnCertificateFlags& own)
    : accelerator_key_(app, {.flag = "--accelerator-key",
                             .placeholder = "HEX",
                             .help = "Use TLS, with the server whose public key has this SHA-256; "
                                     "once for each --accelerator, in the same order"}),
      accelerator_ca_(app, {.flag = "--accelerator-ca",
                            .placeholder = "FILE",
                            .help = "Use TLS, with the server whose certificate was signed by an "
                                    "authority in this PEM file; once for each --accelerator, in "
                                    "the same order; shares needs a different authority for each"}),
      tls_cert_(app, {.flag = own.certificate,
                      .placeholder = "FILE",
                      .help = "PEM file: the certificate to show to servers that ask for one"}),
      tls_key_(app, {.flag = own.key,
                     .placeholder = "FILE",
                     .help = StrCat("PEM file: the private key of ", own.certificate)}),
      insecure_channels_(AddSwitch(app, "--insecure-channels",
                                   "Allow shares over channels that this machine's "
                                   "owner can read: NOT CONFIDENTIAL, for tests only")) {
  accelerator_key_.AllowRepeats();
  accelerator_ca_.AllowRepeats();
}

absl::Status SplitTlsFlags::Read(SplitOptions& options) const {
  options.insecure_channels = insecure_channels_->count() > 0;
  if (tls_cert_.given() != tls_key_.given()) {
    return UsageError(
        StrCat(tls_cert_.source(), " and ", tls_key_.source(), ": must be given together"));
  }
  if (!accelerator_ca_.given() && !accelerator_key_.given()) {
    if (tls_cert_.given()) {
      return UsageError(
          StrCat(tls_cert_.source(), ": requires --accelerator-ca or --accelerator-key"));
    }
    return absl::OkStatus();
  }
  if (accelerator_ca_.given() && accelerator_key_.given()) {
    return UsageError("--accelerator-ca and --accelerator-key: cannot be combined");
  }
  if (tls_cert_.given()) {
    SOTTO_ASSIGN_OR_RETURN(options.certificate, ReadOwnCertificate(tls_cert_, tls_key_));
  }
  SOTTO_RETURN_IF_ERROR(ReadRoots(options));
  return ReadPinnedKeys(options);
}

void SplitTlsFlags::AddFiles(NamedFiles& files) const {
  for (const Setting* setting : {&accelerator_ca_, &tls_cert_, &tls_key_}) {
    for (const std::string& path : setting->List()) {
      files.inputs.push_back({setting->source(), path});
    }
  }
}

absl::Status SplitTlsFlags::ReadRoots(SplitOptions& options) const {
  for (const std::string& path : accelerator_ca_.List()) {
    SOTTO_ASSIGN_OR_RETURN(options.roots.emplace_back(), ReadAcceleratorCa(path));
  }
  return CheckCount(accelerator_ca_, options.roots.size(), options);
}

absl::Status SplitTlsFlags::ReadPinnedKeys(SplitOptions& options) const {
  options.pinned_keys = accelerator_key_.List();
  for (std::string& key : options.pinned_keys) {
    if (!IsSha256Hex(key)) return UsageError("--accelerator-key: must be 64 hex digits");
    absl::AsciiStrToLower(&key);
  }
  return CheckCount(accelerator_key_, options.pinned_keys.size(), options);
}

}  // namespace sotto
