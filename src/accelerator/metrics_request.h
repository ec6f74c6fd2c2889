// What a request for the metrics is answered, bytes to bytes.
#ifndef SOTTO_ACCELERATOR_METRICS_REQUEST_H_
#define SOTTO_ACCELERATOR_METRICS_REQUEST_H_

#include <functional>
#include <string>
#include <string_view>

namespace sotto {

// The whole HTTP/1.0 answer to a request that begins with `request`: 200 with `text`, which is
// called for GET /metrics alone, or 404. Nothing of the request is repeated in it.
std::string AnswerMetricsRequest(std::string_view request,
                                 const std::function<std::string()>& text);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_METRICS_REQUEST_H_
