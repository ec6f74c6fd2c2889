// Errors in the form that clients of OpenAI's API expect: {"error": {"message", "type", "param",
// "code"}}.
#ifndef SOTTO_HTTP_ERROR_BODY_H_
#define SOTTO_HTTP_ERROR_BODY_H_

#include <string>
#include <string_view>

namespace sotto {

struct ErrorBody {
  std::string_view message, type;
  std::string_view param = {}, code = {};  // Empty: null.
};

// Bytes of the message that are not UTF-8 are replaced.
std::string ErrorBodyToJson(const ErrorBody& error);

}  // namespace sotto

#endif  // SOTTO_HTTP_ERROR_BODY_H_
