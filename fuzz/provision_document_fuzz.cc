// What a stranger sends a service that waits for its keys: a document, or one line that blames a
// member and repeats nothing of what it holds.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "model/sealed_chunk.h"
#include "trusted/identity/tls_key.h"
#include "trusted/service/provision_document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto document = sotto::ParseProvisionDocument(body);
  if (!document.ok()) {
    const std::string message(document.status().message());
    SOTTO_CHECK(message.size() < 200 && message.find('\n') == std::string::npos);
    return 0;
  }
  SOTTO_CHECK(size <= sotto::kMaxProvisionBytes);
  const size_t key = document->model_key.size();
  SOTTO_CHECK(key == 0 || key == sotto::kSealKeyBytes);
  for (const std::string& name : document->tls_names) {
    SOTTO_CHECK(sotto::CheckTlsName(name).ok());
  }
  // Keys that were asked for are not lost on the way.
  const bool named = body.find("\"api_keys\":[\"") != std::string_view::npos;
  SOTTO_CHECK(!named || document->api_keys.required());
  return 0;
}
