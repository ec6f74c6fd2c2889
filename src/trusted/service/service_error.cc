#include "trusted/service/service_error.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/strings.h"
#include "http/error_body.h"

namespace sotto {
namespace {

constexpr char kMemberTag[] = "sotto/member";
constexpr char kRetryTag[] = "sotto/retry-after";
constexpr double kLongestWait = 3600;

struct ErrorKind {
  int status;
  const char* type;
  const char* code;  // Null: none.
};

ErrorKind KindOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return {400, "invalid_request_error", nullptr};
    case absl::StatusCode::kNotFound:
      return {404, "invalid_request_error", "model_not_found"};
    case absl::StatusCode::kOutOfRange:
      return {413, "invalid_request_error", nullptr};
    case absl::StatusCode::kFailedPrecondition:
      return {422, "invalid_request_error", nullptr};
    case absl::StatusCode::kResourceExhausted:
      return {429, "rate_limit_error", "rate_limit_exceeded"};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      return {503, "server_error", "unavailable"};
    case absl::StatusCode::kDeadlineExceeded:
      return {504, "server_error", "deadline_exceeded"};
    default:
      return {500, "server_error", "internal_error"};
  }
}

ErrorKind KindOfHttp(int status) {
  switch (status) {
    case 401:
      return {status, "invalid_request_error", "invalid_api_key"};
    case 404:
      return {status, "invalid_request_error", "unknown_url"};
    case 429:
      return {status, "rate_limit_error", "rate_limit_exceeded"};
    case 503:
      return {status, "server_error", "unavailable"};
    case 504:
      return {status, "server_error", "deadline_exceeded"};
    default:
      return {status, status < 500 ? "invalid_request_error" : "server_error", nullptr};
  }
}

HttpResponse Make(const ErrorKind& kind, std::string_view message, std::string_view member) {
  HttpResponse response{.status = kind.status};
  response.body = ErrorBodyToJson({.message = message,
                                   .type = kind.type,
                                   .param = member,
                                   .code = kind.code == nullptr ? "" : kind.code});
  return response;
}

std::string Payload(const absl::Status& status, const char* tag) {
  const auto payload = status.GetPayload(tag);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status MemberError(std::string_view member, std::string_view message) {
  return WithMember(absl::InvalidArgumentError(StrCat(member, ": ", message)), member);
}

absl::Status WithMember(const absl::Status& status, std::string_view member) {
  absl::Status named = status;
  if (!named.ok()) named.SetPayload(kMemberTag, absl::Cord(ToAbsl(member)));
  return named;
}

absl::Status BusyError(std::string_view message, double retry_after_seconds) {
  absl::Status status = absl::ResourceExhaustedError(ToAbsl(message));
  const double seconds = std::clamp(std::ceil(retry_after_seconds), 1.0, kLongestWait);
  status.SetPayload(kRetryTag, absl::Cord(StrCat(static_cast<int>(seconds))));
  return status;
}

HttpResponse ErrorResponse(const absl::Status& status) {
  const ErrorKind kind = KindOf(status.code());
  const bool inside = kind.status == 500 || absl::IsCancelled(status);
  HttpResponse response =
      Make(kind, inside ? "the pass failed" : ToStd(status.message()), Payload(status, kMemberTag));
  const std::string retry = Payload(status, kRetryTag);
  if (kind.status == 429 || kind.status == 503) {
    response.headers.emplace_back("Retry-After", retry.empty() ? "1" : retry);
  }
  return response;
}

HttpResponse NotFoundResponse(std::string_view message) {
  return Make({404, "not_found", nullptr}, message, "");
}

HttpResponse HttpErrorResponse(int status, std::string_view message) {
  HttpResponse response = Make(KindOfHttp(status), message, "");
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace sotto
