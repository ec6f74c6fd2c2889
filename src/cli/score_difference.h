// Why results do not fit a job, as far as their checks tell.
#ifndef SOTTO_CLI_SCORE_DIFFERENCE_H_
#define SOTTO_CLI_SCORE_DIFFERENCE_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sotto {

// The setting that alone makes `line`, the first of some results, differ from what a job with
// `settings` (CheckedSettings()) would have: "with --precision fixed", "without --sums-only".
// `bytes`: what the check of the job's first line covers, beside settings. Nullopt where the input,
// the model, or more than one setting differs. A check cannot be read: all settings are tried.
std::optional<std::string> DifferingSetting(std::string_view settings, std::string_view bytes,
                                            const nlohmann::ordered_json& line);

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_DIFFERENCE_H_
