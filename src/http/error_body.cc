#include "http/error_body.h"

#include <nlohmann/json.hpp>

namespace sotto {
namespace {

nlohmann::ordered_json TextOrNull(std::string_view text) {
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

}  // namespace

std::string ErrorBodyToJson(const ErrorBody& error) {
  nlohmann::ordered_json object;
  object["message"] = error.message;
  object["type"] = error.type;
  object["param"] = TextOrNull(error.param);
  object["code"] = TextOrNull(error.code);
  return nlohmann::ordered_json({{"error", std::move(object)}})
      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sotto
