// Where the model that ships with Sotto is.
#ifndef SOTTO_CLI_DEFAULT_MODEL_H_
#define SOTTO_CLI_DEFAULT_MODEL_H_

#include <string>

#include "base/status.h"
#include "cli/setting.h"

namespace sotto {

// The shipped model's directory, found from that of the running program: installed
// (PREFIX/bin beside PREFIX/share/sotto/models) or built in the source tree (build/bin below
// models/). NOT_FOUND, saying what to do, when neither is there.
absl::StatusOr<std::string> FindShippedModel();

// The same for a program in `program_dir`.
absl::StatusOr<std::string> FindShippedModelFrom(const std::string& program_dir);

// INVALID_ARGUMENT or NOT_FOUND, beginning with `source`, for what is often given in a model's
// place: a GGUF file, a file of a model's directory, a name on a hub. Opening the rest will tell.
absl::Status CheckMayBeModel(const std::string& source, const std::string& path);

// What a command's --model names, or where neither that nor its variable does, the shipped model.
// Errors are those of CheckMayBeModel(), of the flag or variable.
absl::StatusOr<std::string> ModelOf(const Setting& model);

}  // namespace sotto

#endif  // SOTTO_CLI_DEFAULT_MODEL_H_
