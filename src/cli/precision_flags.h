// What a model's run computes in.
#ifndef SOTTO_CLI_PRECISION_FLAGS_H_
#define SOTTO_CLI_PRECISION_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "base/status.h"
#include "cli/setting.h"
#include "sotto/prefill.h"

namespace sotto {

// "auto" measures. Others hold where the mode and the linear precision leave a choice.
struct PrecisionDefaults {
  std::string linear = "auto", attention = "auto";
  std::string shown_linear = {};  // In the help, where `linear` is not what to show.
};

class PrecisionFlags {
 public:
  explicit PrecisionFlags(CLI::App& app, const PrecisionDefaults& defaults = {});

  // After parsing; `options.split` is there. UsageError naming the flag. Whether the mode has such
  // a precision is for Validate() to say.
  absl::Status Read(PrefillOptions& options) const;
  bool measures() const { return linear_.value() == "auto" || attention_.value() == "auto"; }

 private:
  absl::Status ReadFixedWeights(PrefillOptions& options) const;

  Setting linear_, attention_, fixed_weights_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PRECISION_FLAGS_H_
