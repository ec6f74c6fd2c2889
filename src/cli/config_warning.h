// What a user is told of a model's config.json and weights.
#ifndef SOTTO_CLI_CONFIG_WARNING_H_
#define SOTTO_CLI_CONFIG_WARNING_H_

#include <span>
#include <string>

namespace sotto {

// Names the fields that were left out because nothing here knows them; empty where there are none.
std::string ConfigWarning(const std::string& model_path,
                          std::span<const std::string> unknown_fields);
// Logs it, and each of `warnings`, behind the file's name.
void WarnOfConfig(const std::string& model_path, std::span<const std::string> unknown_fields,
                  std::span<const std::string> warnings);
// Of the weights: each of `warnings`, and the one of logits unless it is empty.
void WarnOfWeights(const std::string& model_path, std::span<const std::string> warnings,
                   const std::string& logits_warning);

}  // namespace sotto

#endif  // SOTTO_CLI_CONFIG_WARNING_H_
