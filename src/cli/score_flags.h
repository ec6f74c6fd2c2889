// The flags of `sotto score`, their environment variables and defaults.
#ifndef SOTTO_CLI_SCORE_FLAGS_H_
#define SOTTO_CLI_SCORE_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/execution_flags.h"
#include "cli/line_flags.h"
#include "cli/receipt_flags.h"
#include "cli/score_job.h"
#include "cli/setting.h"

namespace sotto {

class ScoreFlags {
 public:
  explicit ScoreFlags(CLI::App& app);

  // After parsing. Errors as PrefillFlags::Read(). Sets the process's log level.
  absl::StatusOr<ScoreJob> Read() const;

 private:
  absl::Status ReadSettings(ScoreSettings& settings) const;
  absl::Status ReadWindows(ScoreSettings& settings) const;
  absl::Status ReadReceipt(ScoreJob& job) const;

  LineFlags lines_;
  Setting stride_;
  CLI::Option* const corpus_;
  Setting count_as_, top_k_;
  CLI::Option* const sums_only_;
  ReceiptFlags receipt_;
  ExecutionFlags execution_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_FLAGS_H_
