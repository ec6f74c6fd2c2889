// The files that a command line names: what is written must be none of what is read, or it would
// destroy it.
#ifndef SOTTO_CLI_NAMED_FILES_H_
#define SOTTO_CLI_NAMED_FILES_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

struct NamedFile {
  std::string source;  // The flag or variable that names it.
  std::string path;    // Empty: no file.
};

struct NamedFiles {
  std::vector<NamedFile> inputs = {};
  std::vector<NamedFile> outputs = {};

  // Every file of a model directory, or a sealed model.
  void AddModel(std::string_view source, const std::string& model);

  // INVALID_ARGUMENT naming both flags when an output is the same file as an input or as another
  // output: by whatever path, through symbolic and hard links; of those that are not there yet, by
  // the place where they would be. The same when one pipe is named for two inputs. Devices are no
  // files: /dev/null may stand twice.
  absl::Status CheckApart() const;
};

}  // namespace sotto

#endif  // SOTTO_CLI_NAMED_FILES_H_
