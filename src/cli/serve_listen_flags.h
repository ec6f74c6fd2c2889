// The flags of `sotto serve` about who may call, over what, and where keys come from.
#ifndef SOTTO_CLI_SERVE_LISTEN_FLAGS_H_
#define SOTTO_CLI_SERVE_LISTEN_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/named_files.h"
#include "cli/setting.h"
#include "trusted/service/service.h"

namespace sotto {

// What is wrong with a flag beside --await-provisioning that names something that is to come.
inline constexpr char kAwaitsProvisioning[] =
    ": cannot be combined with --await-provisioning, which has it come over the network";

// The text of a file that a flag names. UsageError naming the flag.
absl::StatusOr<std::string> ReadNamedFile(const Setting& setting);
// UsageError naming the flag and its file.
absl::Status BlameNamedFile(const Setting& setting, std::string_view why);

// Who may call, and over what.
class ServeListenFlags {
 public:
  explicit ServeListenFlags(CLI::App& app);

  // After parsing. UsageError naming the flag; reads the files that are named.
  absl::Status Read(ServiceOptions& options) const;
  // Neither a certificate nor --no-tls was given: the service is to make a key.
  bool leaves_tls_open() const;
  bool awaits_provisioning() const { return await_provisioning_->count() > 0; }
  // After Read(): ProvisioningOptions::provisioner_key. UsageError naming the flag or its file.
  absl::StatusOr<std::string> ReadProvisionerKey() const;
  void AddFiles(NamedFiles& files) const;

 private:
  absl::Status CheckAwaiting() const;
  absl::Status ReadTls(ServiceOptions& options) const;
  absl::Status ReadKeys(ServiceOptions& options) const;

  Setting listen_, tls_cert_, tls_key_;
  CLI::Option* const no_tls_;
  Setting api_key_file_;
  CLI::Option* const await_provisioning_;
  Setting provisioner_key_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SERVE_LISTEN_FLAGS_H_
