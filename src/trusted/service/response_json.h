// JSON of answers. TRUSTED: they may hold prompts; what they are made of is wiped when it goes.
#ifndef SOTTO_TRUSTED_SERVICE_RESPONSE_JSON_H_
#define SOTTO_TRUSTED_SERVICE_RESPONSE_JSON_H_

#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/wiping_allocator.h"
#include "trusted/service/http_message.h"

namespace sotto {

using ResponseJson = nlohmann::basic_json<nlohmann::ordered_map, std::vector, SecretString, bool,
                                          int64_t, uint64_t, double, WipingAllocator>;

inline SecretString JsonText(const ResponseJson& json) {
  return json.dump(-1, ' ', false, ResponseJson::error_handler_t::replace);
}

inline HttpResponse JsonResponse(const ResponseJson& json) {
  HttpResponse response;
  response.body = JsonText(json);
  return response;
}

// "cmpl-" and 32 hex digits that nobody can guess.
SecretString RandomId(std::string_view prefix);

// {"prompt_tokens", "completion_tokens", "total_tokens"}.
inline ResponseJson UsageJson(size_t prompt_tokens, size_t completion_tokens) {
  return {{"prompt_tokens", prompt_tokens},
          {"completion_tokens", completion_tokens},
          {"total_tokens", prompt_tokens + completion_tokens}};
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_RESPONSE_JSON_H_
