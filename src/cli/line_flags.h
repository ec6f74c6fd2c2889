// The flags of the commands that read lines and write a line for each: what they read and write,
// how it is shared out and encoded, and how many rows go together.
#ifndef SOTTO_CLI_LINE_FLAGS_H_
#define SOTTO_CLI_LINE_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/execution_flags.h"
#include "cli/model_flags.h"
#include "cli/score_job.h"
#include "cli/setting.h"
#include "cli/text_encoding.h"

namespace sotto {

// What the help says of the files.
struct LineFilesHelp {
  const char* input;
  const char* output = "The results, a JSON line for each; - for standard output";
};

class LineFlags {
 public:
  LineFlags(CLI::App& app, const LineFilesHelp& help);

  // After parsing. Errors as PrefillFlags::Read(). Files and lengths, and how text is encoded.
  absl::Status ReadLines(ScoreJob& job) const;
  // What depends on all the other flags of the command: the model, and how it is run.
  absl::Status ReadRun(const ExecutionFlags& execution, ScoreJob& job) const;

  // The flag to name in errors about the output.
  std::string output_source() const { return output_.source(); }

 private:
  absl::Status ReadFiles(ScoreJob& job) const;
  absl::Status ReadShape(ScoreJob& job) const;
  // What cannot be shared, or be taken up again.
  absl::Status CheckRepeatable(const ExecutionFlags& execution, const ScoreJob& job) const;
  absl::Status CheckFiles(const ExecutionFlags& execution, const ScoreJob& job) const;

  ModelFlags model_;
  Setting input_, input_format_, output_;
  CLI::Option* const resume_;
  Setting shard_, prefill_length_, batch_size_;
  CLI::Option* const truncate_left_;
  TextFlags text_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_LINE_FLAGS_H_
