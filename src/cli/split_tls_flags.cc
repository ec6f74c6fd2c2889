#include "cli/split_tls_flags.h"

#include <string>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "cli/command.h"

namespace sotto {
namespace {

absl::StatusOr<std::string> ReadFlagFile(const Setting& setting, const std::string& path) {
  absl::StatusOr<std::string> contents = ReadFile(path);
  if (contents.ok()) return contents;
  return UsageError(StrCat(setting.source(), ": ", ToStd(contents.status().message())));
}

// One for each server, or none at all.
absl::Status CheckCount(const Setting& setting, size_t given, const SplitOptions& options) {
  if (given == 0 || given == options.endpoints.size()) return absl::OkStatus();
  return UsageError(StrCat(setting.source(), ": ", given, " given for ", options.endpoints.size(),
                           " servers; want one for each, in their order"));
}

}  // namespace

SplitTlsFlags::SplitTlsFlags(CLI::App& app)
    : accelerator_key_(app, {.flag = "--accelerator-key",
                             .placeholder = "HEX",
                             .help = "TLS, with the server whose public key has this SHA-256; once "
                                     "for each --accelerator, in the same order"}),
      accelerator_ca_(app, {.flag = "--accelerator-ca",
                            .placeholder = "FILE",
                            .help = "TLS, with the server whose certificate an authority of this "
                                    "PEM file signed; once for each --accelerator, in the same "
                                    "order, and for shares a different authority each"}),
      tls_cert_(app, {.flag = "--tls-cert",
                      .placeholder = "FILE",
                      .help = "PEM file: the certificate to show to servers that ask for one"}),
      tls_key_(app, {.flag = "--tls-key",
                     .placeholder = "FILE",
                     .help = "PEM file: the private key of --tls-cert"}),
      insecure_channels_(AddSwitch(app, "--insecure-channels",
                                   "Allow shares over channels that this machine's "
                                   "owner can read: NOT CONFIDENTIAL, for tests")) {
  accelerator_key_.AllowRepeats();
  accelerator_ca_.AllowRepeats();
}

absl::Status SplitTlsFlags::Read(SplitOptions& options) const {
  options.insecure_channels = insecure_channels_->count() > 0;
  if (tls_cert_.given() != tls_key_.given()) {
    return UsageError("--tls-cert and --tls-key: one needs the other");
  }
  if (!accelerator_ca_.given() && !accelerator_key_.given()) {
    if (tls_cert_.given()) {
      return UsageError("--tls-cert: needs --accelerator-ca or --accelerator-key");
    }
    return absl::OkStatus();
  }
  if (accelerator_ca_.given() && accelerator_key_.given()) {
    return UsageError("--accelerator-ca: not with --accelerator-key, which says all");
  }
  SOTTO_RETURN_IF_ERROR(ReadOwnCertificate(options.tls.emplace()));
  SOTTO_RETURN_IF_ERROR(ReadRoots(options));
  return ReadPinnedKeys(options);
}

absl::Status SplitTlsFlags::ReadOwnCertificate(TlsOptions& tls) const {
  for (const auto& [setting, text] :
       {std::pair{&tls_cert_, &tls.certificate_chain}, std::pair{&tls_key_, &tls.private_key}}) {
    if (!setting->given()) continue;
    SOTTO_ASSIGN_OR_RETURN(*text, ReadFlagFile(*setting, setting->value()));
  }
  return absl::OkStatus();
}

absl::Status SplitTlsFlags::ReadRoots(SplitOptions& options) const {
  for (const std::string& path : accelerator_ca_.List()) {
    SOTTO_ASSIGN_OR_RETURN(options.roots.emplace_back(), ReadFlagFile(accelerator_ca_, path));
  }
  return CheckCount(accelerator_ca_, options.roots.size(), options);
}

absl::Status SplitTlsFlags::ReadPinnedKeys(SplitOptions& options) const {
  options.pinned_keys = accelerator_key_.List();
  for (std::string& key : options.pinned_keys) {
    if (!IsSha256Hex(key)) return UsageError("--accelerator-key: not 64 hexadecimal digits");
    key = LowerCase(key);
  }
  return CheckCount(accelerator_key_, options.pinned_keys.size(), options);
}

}  // namespace sotto
