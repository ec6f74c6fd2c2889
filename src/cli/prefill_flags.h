// The flags of `sotto prefill`, their environment variables and defaults.
#ifndef SOTTO_CLI_PREFILL_FLAGS_H_
#define SOTTO_CLI_PREFILL_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/execution_flags.h"
#include "cli/model_flags.h"
#include "cli/prefill_options.h"
#include "cli/prompt_flags.h"
#include "cli/receipt_flags.h"
#include "cli/setting.h"

namespace sotto {

class PrefillFlags {
 public:
  explicit PrefillFlags(CLI::App& app);

  // After parsing. UsageError naming the flag or variable; INVALID_ARGUMENT when a file that is
  // written is one that is read (named_files.h); NOT_FOUND when no model was named and none ships
  // beside the program. Sets the process's log level.
  absl::StatusOr<PrefillJob> Read() const;

 private:
  absl::Status ReadOutputs(PrefillJob& options) const;
  absl::Status ReadTopK(PrefillJob& options) const;
  absl::Status CheckFiles(const PrefillJob& options) const;
  absl::Status ReadPositions(PrefillJob& options) const;
  absl::Status ReadReceipt(PrefillJob& options) const;

  ModelFlags model_;
  PromptFlags prompts_;
  Setting output_, logits_, save_logits_, logprobs_, top_k_;
  ReceiptFlags receipt_;
  ExecutionFlags execution_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_FLAGS_H_
