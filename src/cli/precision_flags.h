// What `sotto prefill` computes in: the flags, and the choice where they leave it open.
#ifndef SOTTO_CLI_PRECISION_FLAGS_H_
#define SOTTO_CLI_PRECISION_FLAGS_H_

#include <CLI/CLI.hpp>
#include <optional>

#include "base/status.h"
#include "cli/prefill_options.h"
#include "cli/setting.h"

namespace sotto {

class PrecisionFlags {
 public:
  explicit PrecisionFlags(CLI::App& app);

  // After parsing; `split` is the split mode's options, if it was asked for. UsageError naming the
  // flag. Measures where a choice was left open.
  absl::StatusOr<PrecisionChoice> Read(const std::optional<SplitOptions>& split) const;

 private:
  absl::Status ReadLinear(const std::optional<SplitOptions>& split, PrecisionChoice& choice) const;
  absl::Status ReadAttention(const std::optional<SplitOptions>& split,
                             PrecisionChoice& choice) const;

  Setting linear_, attention_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PRECISION_FLAGS_H_
