// What `sotto prefill` computes in.
#ifndef SOTTO_CLI_PRECISION_FLAGS_H_
#define SOTTO_CLI_PRECISION_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/setting.h"
#include "sotto/prefill.h"

namespace sotto {

class PrecisionFlags {
 public:
  explicit PrecisionFlags(CLI::App& app);

  // After parsing. UsageError naming the flag. Whether the mode has such a precision is for
  // Validate() to say.
  absl::Status Read(PrefillOptions& options) const;

 private:
  Setting linear_, attention_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PRECISION_FLAGS_H_
