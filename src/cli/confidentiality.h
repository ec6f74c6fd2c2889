// From whom a run hides its prompts, and why not where it does not.
#ifndef SOTTO_CLI_CONFIDENTIALITY_H_
#define SOTTO_CLI_CONFIDENTIALITY_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "enclave/linear/split.h"
#include "enclave/tee/platform.h"

namespace sotto {

struct Confidentiality {
  bool from_host = false;
  std::string host_reason = {};                // Why, or why not.
  std::optional<bool> from_accelerators = {};  // None: none takes part.
  std::string accelerators_reason = {};
};

// What THREAT_MODEL.md promises of such a run. `split`: null without accelerators.
Confidentiality JudgeConfidentiality(const PlatformReport& platform, const SplitOptions* split);

// The result's "confidential".
nlohmann::ordered_json ConfidentialityJson(const Confidentiality& confidentiality);

}  // namespace sotto

#endif  // SOTTO_CLI_CONFIDENTIALITY_H_
