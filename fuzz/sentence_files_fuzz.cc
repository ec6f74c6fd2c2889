// modules.json and the configuration of its pooling: no file that they name is out of the model's
// directory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "trusted/api/sentence_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  sotto::TrainedEmbedding trained;
  (void)sotto::ReadSentenceModules(json, "modules.json", trained);
  SOTTO_CHECK(trained.pooling_file.empty() || trained.pooling_file.front() != '/');
  SOTTO_CHECK(trained.pooling_file.find("..") == std::string::npos);
  (void)sotto::ReadPoolingConfig(json, "config.json", trained);
  (void)sotto::EmbeddingWarnings(trained);
  return 0;
}
