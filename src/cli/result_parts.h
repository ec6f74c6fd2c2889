// Parts of the result that more than one command writes, or that are long.
#ifndef SOTTO_CLI_RESULT_PARTS_H_
#define SOTTO_CLI_RESULT_PARTS_H_

#include <nlohmann/json.hpp>

#include "sotto/prefill.h"
#include "trusted/api/confidentiality.h"

namespace sotto {

// The result's "confidential".
nlohmann::ordered_json ConfidentialityJson(const Confidentiality& confidentiality);

// The result's "mode_detail" in the split mode.
nlohmann::ordered_json SplitJson(const SplitReport& report);

}  // namespace sotto

#endif  // SOTTO_CLI_RESULT_PARTS_H_
