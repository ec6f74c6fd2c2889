// The flags that say which model, and what of it is checked or kept.
#ifndef SOTTO_CLI_MODEL_FLAGS_H_
#define SOTTO_CLI_MODEL_FLAGS_H_

#include "base/status.h"
#include "cli/named_files.h"
#include "cli/run_job.h"
#include "cli/setting.h"

namespace sotto {

class ModelFlags {
 public:
  explicit ModelFlags(CLI::App& app);

  // After parsing: fills the model's part of `options`. UsageError naming the flag or variable;
  // NOT_FOUND when no model was named and none ships beside the program.
  absl::Status Read(RunJob& options) const;
  // The files of what Read() has found.
  void AddFiles(const RunJob& options, NamedFiles& files) const;

 private:
  absl::Status ReadPins(RunJob& options) const;
  absl::Status ReadCache(RunJob& options) const;
  absl::Status ReadSealing(RunJob& options) const;

  Setting model_, weights_root_, key_file_, weight_cache_, model_sha256_, weights_sha256_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_MODEL_FLAGS_H_
