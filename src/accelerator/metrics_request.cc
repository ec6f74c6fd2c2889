#include "accelerator/metrics_request.h"

#include "base/strings.h"

namespace sotto {

std::string AnswerMetricsRequest(std::string_view request,
                                 const std::function<std::string()>& text) {
  const bool found = request.starts_with("GET /metrics ") || request.starts_with("GET /metrics?");
  const std::string body = found ? text() : "see /metrics\n";
  return StrCat("HTTP/1.0 ", found ? "200 OK" : "404 Not Found",
                "\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: ", body.size(),
                "\r\nConnection: close\r\n\r\n", body);
}

}  // namespace sotto
