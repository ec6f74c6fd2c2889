// What every command that runs a model is told about the run, as far as the command line says.
#ifndef SOTTO_CLI_RUN_JOB_H_
#define SOTTO_CLI_RUN_JOB_H_

#include <string>

#include "cli/status_line.h"
#include "sotto/model.h"
#include "sotto/prefill.h"

namespace sotto {

struct RunJob {
  std::string model_path;  // Of a directory, or a sealed model.
  ModelOptions model;
  PrefillOptions prefill;             // threads and pad_compute are resolved.
  std::string prefill_length_source;  // The flag or variable to name in errors.
  ProgressMode progress = ProgressMode::kAuto;
};

}  // namespace sotto

#endif  // SOTTO_CLI_RUN_JOB_H_
