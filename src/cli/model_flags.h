// The flags of `sotto prefill` that say which model, and what of it is checked or kept.
#ifndef SOTTO_CLI_MODEL_FLAGS_H_
#define SOTTO_CLI_MODEL_FLAGS_H_

#include "base/status.h"
#include "cli/named_files.h"
#include "cli/prefill_options.h"
#include "cli/setting.h"

namespace sotto {

class ModelFlags {
 public:
  explicit ModelFlags(CLI::App& app);

  // After parsing: fills the model's part of `options`. UsageError naming the flag or variable;
  // NOT_FOUND when no model was named and none ships beside the program.
  absl::Status Read(PrefillJob& options) const;
  // The files of what Read() has found.
  void AddFiles(const PrefillJob& options, NamedFiles& files) const;

 private:
  absl::Status ReadPins(PrefillJob& options) const;
  absl::Status ReadCache(PrefillJob& options) const;
  absl::Status ReadSealing(PrefillJob& options) const;

  Setting model_, weights_root_, key_file_, weight_cache_, model_sha256_, weights_sha256_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_MODEL_FLAGS_H_
