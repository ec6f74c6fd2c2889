// JSON that holds prompts: files of `sotto prefill --prompts`, lines of `sotto score` and `sotto
// tokenize`.
// TRUSTED. No message quotes what the text says: places, and the names of members where they look
// like names.
#ifndef SOTTO_CLI_PROMPT_JSON_H_
#define SOTTO_CLI_PROMPT_JSON_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

// INVALID_ARGUMENT: "not valid JSON, at byte N", that it is not UTF-8, that it nests too deeply, or
// what it gives twice. Messages begin with `source` and a colon, where it is not empty.
absl::StatusOr<nlohmann::ordered_json> ParsePromptJson(std::string_view text,
                                                       std::string_view source);

// INVALID_ARGUMENT naming a member of `object` that is none of `known`: a misspelt name would
// otherwise be passed over.
absl::Status CheckMembers(const nlohmann::ordered_json& object,
                          std::span<const std::string_view> known, std::string_view source);

// An array of one or more token ids, none negative. INVALID_ARGUMENT, beginning with `place`.
absl::StatusOr<std::vector<int32_t>> ReadTokenIds(const nlohmann::ordered_json& value,
                                                  std::string_view place);

// The member "id", which is echoed: a string, a number or a boolean; null where there is none.
absl::StatusOr<nlohmann::ordered_json> ReadEchoedId(const nlohmann::ordered_json& object,
                                                    std::string_view source);

}  // namespace sotto

#endif  // SOTTO_CLI_PROMPT_JSON_H_
