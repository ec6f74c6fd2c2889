#include "cli/split_tls_flags.h"

#include <string>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "cli/command.h"

namespace sotto {

SplitTlsFlags::SplitTlsFlags(CLI::App& app)
    : accelerator_ca_(app, {.flag = "--accelerator-ca",
                            .placeholder = "FILE",
                            .help = "PEM file: TLS, with servers whose certificates it signed"}),
      accelerator_key_(app, {.flag = "--accelerator-key",
                             .placeholder = "HEX",
                             .help = "TLS, with the server whose public key has this SHA-256; once "
                                     "for each --accelerator, in the same order"}),
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
  SOTTO_RETURN_IF_ERROR(ReadFiles(options.tls.emplace()));
  return ReadPinnedKeys(options);
}

absl::Status SplitTlsFlags::ReadFiles(TlsOptions& tls) const {
  for (const auto& [setting, text] :
       {std::pair{&accelerator_ca_, &tls.root_certificates},
        std::pair{&tls_cert_, &tls.certificate_chain}, std::pair{&tls_key_, &tls.private_key}}) {
    if (!setting->given()) continue;
    absl::StatusOr<std::string> contents = ReadFile(setting->value());
    if (!contents.ok()) {
      return UsageError(StrCat(setting->source(), ": ", ToStd(contents.status().message())));
    }
    *text = *std::move(contents);
  }
  return absl::OkStatus();
}

absl::Status SplitTlsFlags::ReadPinnedKeys(SplitOptions& options) const {
  options.pinned_keys = accelerator_key_.List();
  for (std::string& key : options.pinned_keys) {
    if (!IsSha256Hex(key)) return UsageError("--accelerator-key: not 64 hexadecimal digits");
    key = LowerCase(key);
  }
  if (!options.pinned_keys.empty() && options.pinned_keys.size() != options.endpoints.size()) {
    return UsageError(StrCat("--accelerator-key: ", options.pinned_keys.size(), " given for ",
                             options.endpoints.size(), " servers"));
  }
  return absl::OkStatus();
}

}  // namespace sotto
