// The flags of the split mode that say whom channels are to be secret from.
#ifndef SOTTO_CLI_SPLIT_TLS_FLAGS_H_
#define SOTTO_CLI_SPLIT_TLS_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/setting.h"
#include "enclave/linear/split.h"

namespace sotto {

class SplitTlsFlags {
 public:
  explicit SplitTlsFlags(CLI::App& app);

  // After parsing, with the endpoints known: one pinned key or one file of roots for each, or
  // nothing. Reads the files. UsageError naming the flag.
  absl::Status Read(SplitOptions& options) const;

 private:
  absl::Status ReadOwnCertificate(TlsOptions& tls) const;
  absl::Status ReadRoots(SplitOptions& options) const;
  absl::Status ReadPinnedKeys(SplitOptions& options) const;

  Setting accelerator_key_, accelerator_ca_, tls_cert_, tls_key_;
  CLI::Option* const insecure_channels_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SPLIT_TLS_FLAGS_H_
