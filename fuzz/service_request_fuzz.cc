// Bodies of requests to the service: the first byte says to which path.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trusted/service/api_keys.h"
#include "trusted/service/classify_request.h"
#include "trusted/service/completion_request.h"
#include "trusted/service/embedding_request.h"
#include "trusted/service/rerank_request.h"
#include "trusted/service/rerank_template.h"
#include "trusted/service/tokenize_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0]) {
    case 'c':
      (void)sotto::ParseCompletionRequest(body, {});
      break;
    case 'e':
      (void)sotto::ParseEmbeddingRequest(body, {});
      break;
    case 'l':
      (void)sotto::ParseClassifyRequest(body, {});
      break;
    case 'r':
      (void)sotto::ParseRerankRequest(body, {});
      break;
    case 's':
      (void)sotto::ParseScoreRequest(body, {});
      break;
    case 't':
      (void)sotto::ParseTokenizeRequest(body, {});
      break;
    case 'd':
      (void)sotto::ParseDetokenizeRequest(body, {});
      break;
    case 'k':
      (void)sotto::ApiKeys::Parse(body);
      break;
    case 'p':
      (void)sotto::RerankTemplate::Parse(body, {"yes", "no"});
      break;
    default:
      break;
  }
  return 0;
}
