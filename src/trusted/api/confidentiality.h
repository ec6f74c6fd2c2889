// From whom a run hides its prompts, and why not where it does not.
#ifndef SOTTO_TRUSTED_API_CONFIDENTIALITY_H_
#define SOTTO_TRUSTED_API_CONFIDENTIALITY_H_

#include <optional>
#include <string>

#include "sotto/split.h"
#include "trusted/tee/platform.h"

namespace sotto {

struct Confidentiality {
  bool from_host = false;
  std::string host_reason = {};                // Why, or why not.
  std::optional<bool> from_accelerators = {};  // None: none takes part.
  std::string accelerators_reason = {};
};

// What THREAT_MODEL.md promises of such a run. `split`: null without accelerators.
Confidentiality JudgeConfidentiality(const PlatformReport& platform, const SplitOptions* split);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_CONFIDENTIALITY_H_
