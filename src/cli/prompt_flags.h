// The flags of `sotto prefill` that say what goes in: prompts, and the shape of their batches.
#ifndef SOTTO_CLI_PROMPT_FLAGS_H_
#define SOTTO_CLI_PROMPT_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/named_files.h"
#include "cli/prefill_options.h"
#include "cli/setting.h"
#include "cli/text_encoding.h"

namespace sotto {

class PromptFlags {
 public:
  explicit PromptFlags(CLI::App& app);

  // After parsing. UsageError naming the flag or variable. Opens no file.
  absl::Status Read(PrefillJob& options) const;
  // The file that Read() has found, if any.
  void AddFiles(const PrefillJob& options, NamedFiles& files) const;

 private:
  absl::Status ReadShape(PrefillJob& options) const;
  absl::Status ReadPrompts(PrefillJob& options) const;

  Setting prefill_length_, batch_size_, truncate_, prompts_, prompts_format_, prompt_;
  TextFlags text_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PROMPT_FLAGS_H_
