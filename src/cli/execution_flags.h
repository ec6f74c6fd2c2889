// The flags that say how a model is run: precision, threads, what an observer may learn, messages,
// the split mode.
#ifndef SOTTO_CLI_EXECUTION_FLAGS_H_
#define SOTTO_CLI_EXECUTION_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/named_files.h"
#include "cli/precision_flags.h"
#include "cli/run_job.h"
#include "cli/setting.h"
#include "cli/split_flags.h"

namespace sotto {

// Of the commands that read lines: results that do not depend on what a machine is fast at.
inline const PrecisionDefaults kLineDefaults = {
    .linear = "f32", .attention = "f32", .shown_linear = "f32; with --split fixed"};

class ExecutionFlags {
 public:
  // The last flags of a command: the split mode's group ends its help.
  explicit ExecutionFlags(CLI::App& app, const PrecisionDefaults& defaults = {},
                          const OwnCertificateFlags& own = {});

  // After parsing. UsageError naming the flag. Sets the process's log level.
  absl::Status ApplyLogLevel() const;
  // Fills the run's part of `job`, whose lengths and sizes are there, and checks all of
  // `job.prefill`. UsageError naming the flag or variable.
  absl::Status Read(RunJob& job) const;
  void AddFiles(NamedFiles& files) const { split_.AddFiles(files); }
  // Whether precisions are chosen by a measurement, which may turn out otherwise elsewhere.
  bool measures_precision() const { return precision_.measures(); }

 private:
  PrecisionFlags precision_;
  Setting threads_;
  CLI::Option *const pad_compute_, *const oblivious_embedding_;
  Setting progress_, log_level_;
  SplitFlags split_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_EXECUTION_FLAGS_H_
