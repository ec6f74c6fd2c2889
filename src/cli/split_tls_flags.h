// The flags of the split mode that say whom channels are to be secret from.
#ifndef SOTTO_CLI_SPLIT_TLS_FLAGS_H_
#define SOTTO_CLI_SPLIT_TLS_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "base/status.h"
#include "cli/named_files.h"
#include "cli/setting.h"
#include "sotto/split.h"

namespace sotto {

// What the flags are called that name this program's own certificate, as a client of accelerators:
// a program that is a server too has another one for its clients.
struct OwnCertificateFlags {
  std::string certificate = "--tls-cert", key = "--tls-key";
};

class SplitTlsFlags {
 public:
  SplitTlsFlags(CLI::App& app, const OwnCertificateFlags& own);

  // After parsing, with the endpoints known: one pinned key or one file of roots for each, or
  // nothing. Reads the files and looks through them. UsageError naming the flag, and the file.
  absl::Status Read(SplitOptions& options) const;
  void AddFiles(NamedFiles& files) const;

 private:
  absl::Status ReadRoots(SplitOptions& options) const;
  absl::Status ReadPinnedKeys(SplitOptions& options) const;

  Setting accelerator_key_, accelerator_ca_, tls_cert_, tls_key_;
  CLI::Option* const insecure_channels_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SPLIT_TLS_FLAGS_H_
