// The flags of `sotto score`, their environment variables and defaults.
#ifndef SOTTO_CLI_SCORE_FLAGS_H_
#define SOTTO_CLI_SCORE_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/execution_flags.h"
#include "cli/model_flags.h"
#include "cli/score_job.h"
#include "cli/setting.h"
#include "cli/text_encoding.h"

namespace sotto {

class ScoreFlags {
 public:
  explicit ScoreFlags(CLI::App& app);

  // After parsing. Errors as PrefillFlags::Read(). Sets the process's log level.
  absl::StatusOr<ScoreJob> Read() const;

 private:
  absl::Status ReadFiles(ScoreJob& job) const;
  absl::Status ReadShape(ScoreJob& job) const;
  absl::Status ReadSettings(ScoreSettings& settings) const;
  absl::Status ReadWindows(ScoreSettings& settings) const;
  // What cannot be shared, or be taken up again.
  absl::Status CheckRepeatable(const ScoreJob& job) const;
  absl::Status CheckFiles(const ScoreJob& job) const;

  ModelFlags model_;
  Setting input_, input_format_, output_;
  CLI::Option* const resume_;
  Setting shard_, prefill_length_, batch_size_;
  CLI::Option* const truncate_left_;
  Setting stride_;
  CLI::Option* const corpus_;
  Setting count_as_, top_k_;
  CLI::Option* const sums_only_;
  TextFlags text_;
  ExecutionFlags execution_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_FLAGS_H_
