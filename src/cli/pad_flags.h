// The flags of the split mode about pads: where they are kept, and what happens without.
#ifndef SOTTO_CLI_PAD_FLAGS_H_
#define SOTTO_CLI_PAD_FLAGS_H_

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/setting.h"
#include "sotto/split.h"

namespace sotto {

class PadFlags {
 public:
  explicit PadFlags(CLI::App& app);

  // After parsing. UsageError naming the flag.
  absl::Status Read(SplitOptions& options) const;

 private:
  Setting pad_memory_, pad_dir_, pad_disk_, when_out_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PAD_FLAGS_H_
