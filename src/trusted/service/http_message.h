// A request as a handler of the service sees it, and what it answers. TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_MESSAGE_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_MESSAGE_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/wiping_allocator.h"

namespace sotto {

class ServiceIdentity;

// What comes before the body.
struct HttpHead {
  std::string method = {};          // "POST"
  std::string path = {};            // "/v1/completions", without a query.
  std::string query = {};           // What follows '?', as it came.
  SecretString authorization = {};  // The header's value; empty where there is none.
  bool has_body = false;            // One that is not empty.
};

struct HttpRequest {
  HttpHead head = {};
  SecretString body = {};
  // What only the two ends of this TLS connection know (HttpTls::exporter_label), kExporterBytes;
  // empty over plain HTTP.
  SecretString exporter = {};
  // Whom the connection was made to (HttpTerms); null where the server has no identity.
  std::shared_ptr<const ServiceIdentity> identity = {};
  std::stop_token left = {};  // Requested once the client has left.
  // Counts the body's memory against the server's limit; goes with the request.
  std::shared_ptr<void> lease = {};
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  SecretString body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Counts the body's memory; goes once it is written.
  std::shared_ptr<void> lease = {};
};

// What becomes of a request whose header has come.
struct HttpAdmission {
  std::optional<HttpResponse> refusal = {};  // An answer instead of the handler's.
  // Its client may ask: the connection is not among the first to go where there are too many.
  bool known = false;
};

// Whether a path for `wanted` takes `method`: HEAD is GET without the body (RFC 9110, 9.3.2).
inline bool TakesMethod(std::string_view wanted, std::string_view method) {
  return method == wanted || (method == "HEAD" && wanted == "GET");
}
// The header Allow of such a path.
inline std::string AllowedMethods(std::string_view wanted) {
  return wanted == "GET" ? "GET, HEAD" : std::string(wanted);
}

// Called once, from any thread. A client that has left gets nothing; one whose request's every copy
// of it is gone without a call gets 500.
using HttpReply = std::function<void(HttpResponse)>;

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_MESSAGE_H_
