// What clients are told where the service does not answer: errors of OpenAI's shape, each with its
// name as "code".
#ifndef SOTTO_CONNECT_LOCAL_ERROR_H_
#define SOTTO_CONNECT_LOCAL_ERROR_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

struct LocalError {
  int status = 500;
  std::string body = {};
  bool retry_later = false;  // With Retry-After.
};

// Nobody is there to be told.
inline LocalError NoError() { return {.status = 0}; }
// Of what was wrong with the service, or the way to it:
//   502 attestation_refused   PERMISSION_DENIED: it is not what the policy accepts
//   502 service_unusable      it answers with what is no HTTP, or too long to be checked
//   503 service_unavailable   UNAVAILABLE, RESOURCE_EXHAUSTED: not there, or busy
//   504 service_timeout       DEADLINE_EXCEEDED
//   500 connect_failed        anything else: the collateral cannot be read, no memory
LocalError ErrorOfService(const absl::Status& status);
// 502 receipt_refused: the answer is withheld. `why`: every reason.
LocalError ErrorOfReceipt(std::string_view why);
// Of the client's own request: 400, 413, 431, 503.
LocalError ErrorOfRequest(int status, std::string_view message);

}  // namespace sotto

#endif  // SOTTO_CONNECT_LOCAL_ERROR_H_
