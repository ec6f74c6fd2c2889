// Errors as clients of OpenAI's API expect them: a status, and {"error": {"message", "type",
// "param", "code"}}.
#ifndef SOTTO_TRUSTED_SERVICE_SERVICE_ERROR_H_
#define SOTTO_TRUSTED_SERVICE_SERVICE_ERROR_H_

#include <string_view>

#include "base/status.h"
#include "trusted/service/http_message.h"

namespace sotto {

// INVALID_ARGUMENT that blames a member of the request: "param" in the answer. `message` says what
// is wrong, never what the member holds.
absl::Status MemberError(std::string_view member, std::string_view message);
// The same error of another code.
absl::Status WithMember(const absl::Status& status, std::string_view member);
// RESOURCE_EXHAUSTED with how long to wait.
absl::Status BusyError(std::string_view message, double retry_after_seconds);

// 400 INVALID_ARGUMENT, 404 NOT_FOUND, 422 FAILED_PRECONDITION, 429 RESOURCE_EXHAUSTED with
// Retry-After, 503 UNAVAILABLE and CANCELLED, 504 DEADLINE_EXCEEDED; else 500, and of what went
// wrong inside nothing is said.
HttpResponse ErrorResponse(const absl::Status& status);
// 404 of something that is not, or no more, or somebody else's: ACI's type not_found.
HttpResponse NotFoundResponse(std::string_view message);
// An error of HTTP itself: 401, 404, 405, 413, 429, 431, 503 and others.
HttpResponse HttpErrorResponse(int status, std::string_view message);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_SERVICE_ERROR_H_
