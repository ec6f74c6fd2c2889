// What anybody can send to the metrics' port.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "accelerator/metrics_request.h"
#include "base/check.h"

namespace sotto {

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view request(reinterpret_cast<const char*>(data), size);
  int scrapes = 0;
  const std::string answer = AnswerMetricsRequest(request, [&] {
    ++scrapes;
    return std::string("text\n");
  });
  const bool found = answer.starts_with("HTTP/1.0 200 OK\r\n");
  SOTTO_CHECK(found || answer.starts_with("HTTP/1.0 404 Not Found\r\n"));
  SOTTO_CHECK(scrapes == (found ? 1 : 0));
  // One of two answers: nothing of the request comes back.
  SOTTO_CHECK(answer.ends_with(found ? "\r\n\r\ntext\n" : "\r\n\r\nsee /metrics\n"));
  return 0;
}

}  // namespace sotto
