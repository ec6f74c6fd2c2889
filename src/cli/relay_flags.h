// The flags of the split mode about products that servers send each other.
#ifndef SOTTO_CLI_RELAY_FLAGS_H_
#define SOTTO_CLI_RELAY_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/setting.h"
#include "sotto/split.h"

namespace sotto {

class RelayFlags {
 public:
  explicit RelayFlags(CLI::App& app);

  // After parsing. UsageError naming the flag.
  absl::Status Read(SplitOptions& options) const;

 private:
  CLI::Option* const relay_;
  CLI::Option* const no_relay_;
  Setting relay_peer_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_RELAY_FLAGS_H_
