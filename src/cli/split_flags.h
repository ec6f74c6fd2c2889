// The flags of the split mode: who multiplies, over what channel, under which protection.
#ifndef SOTTO_CLI_SPLIT_FLAGS_H_
#define SOTTO_CLI_SPLIT_FLAGS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/named_files.h"
#include "cli/pad_flags.h"
#include "cli/relay_flags.h"
#include "cli/setting.h"
#include "cli/split_tls_flags.h"
#include "sotto/split.h"

namespace sotto {

// UsageError for options that do not go together, whatever flags they came from.
absl::Status CheckSplitUsage(const SplitOptions& options);

class SplitFlags {
 public:
  explicit SplitFlags(CLI::App& app, const OwnCertificateFlags& own = {});

  // After parsing; nothing without --split. UsageError naming the flag or variable, also for a flag
  // of the split mode without --split, or one that would do nothing (flag_needs.h). Reads the TLS
  // files. Whether the set-up can keep the protection's promise is for SplitRuntime to say.
  absl::StatusOr<std::optional<SplitOptions>> Read() const;
  void AddFiles(NamedFiles& files) const { tls_.AddFiles(files); }

  // For measurements: as Read(), for each protection of a list with commas. One that takes a single
  // accelerator takes the first of several. Empty without --split.
  absl::StatusOr<std::vector<SplitOptions>> ReadEach() const;
  // For a program of ReadEach(), which refuses the flag: its help does not list it.
  void HideRetries() { retries_.option()->group(""); }

 private:
  absl::Status CheckUnused() const;
  absl::StatusOr<SplitOptions> ReadOne(std::string_view protection) const;
  absl::Status ReadProtection(std::string_view name, SplitOptions& options) const;
  absl::Status ReadChannel(SplitOptions& options) const;
  absl::Status ReadOffload(SplitOptions& options) const;

  const CLI::App& app_;
  CLI::Option* const split_;
  Setting accelerator_, protection_;
  CLI::Option* const verify_;
  SplitTlsFlags tls_;
  Setting offload_;
  RelayFlags relay_;
  Setting data_plane_, timeout_seconds_, retries_;
  PadFlags pads_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SPLIT_FLAGS_H_
