// Files of sentence-transformers beside a model, which say how it makes embeddings: modules.json,
// and the configuration of the pooling that it names. No digest covers them, so nothing that is
// computed depends on them; where they say other than what is done, that is worth a warning.
#ifndef SOTTO_TRUSTED_API_SENTENCE_FILES_H_
#define SOTTO_TRUSTED_API_SENTENCE_FILES_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sotto/model.h"

namespace sotto {

inline constexpr char kSentenceModulesName[] = "modules.json";

// modules.json. Fills all but the pooling, whose file it names, below the model's directory.
// INVALID_ARGUMENT, naming `source` and the field, for what is no such file.
absl::Status ReadSentenceModules(std::string_view json, const std::string& source,
                                 TrainedEmbedding& trained);
// The pooling's configuration. Errors the same.
absl::Status ReadPoolingConfig(std::string_view json, const std::string& source,
                               TrainedEmbedding& trained);

// Of the directory of a model; nothing where there is no modules.json. What cannot be read is among
// `unsupported`.
TrainedEmbedding ReadSentenceFiles(const std::string& directory);

// Where it is other than what EmbedOptions do that nobody has changed: a line each.
std::vector<std::string> EmbeddingWarnings(const TrainedEmbedding& trained);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_SENTENCE_FILES_H_
