#include "connect/local_error.h"

#include "base/strings.h"
#include "http/error_body.h"

namespace sotto {
namespace {

LocalError ServerError(int status, std::string_view code, std::string_view message) {
  return {.status = status,
          .body = ErrorBodyToJson({.message = message, .type = "server_error", .code = code}),
          .retry_later = status == 503};
}

}  // namespace

LocalError ErrorOfService(const absl::Status& status) {
  const std::string_view message = ToStd(status.message());
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
      return ServerError(502, "attestation_refused", message);
    case absl::StatusCode::kDataLoss:
      return ServerError(502, "service_unusable", message);
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return ServerError(503, "service_unavailable", message);
    case absl::StatusCode::kDeadlineExceeded:
      return ServerError(504, "service_timeout", message);
    default:
      return ServerError(500, "connect_failed", message);
  }
}

LocalError ErrorOfReceipt(std::string_view why) { return ServerError(502, "receipt_refused", why); }

LocalError ErrorOfRequest(int status, std::string_view message) {
  if (status >= 500) return ServerError(status, "connect_busy", message);
  return {.status = status,
          .body = ErrorBodyToJson({.message = message, .type = "invalid_request_error"})};
}

}  // namespace sotto
