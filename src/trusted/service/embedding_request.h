// The body of POST /v1/embeddings. TRUSTED: it holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_EMBEDDING_REQUEST_H_
#define SOTTO_TRUSTED_SERVICE_EMBEDDING_REQUEST_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/service/prompt_input.h"

namespace sotto {

enum class EmbeddingFormat {
  kFloat,   // An array of numbers.
  kBase64,  // Of little-endian floats: what OpenAI's clients ask for by themselves.
};

struct EmbeddingRequest {
  SecretString model = {};
  SecretVector<PromptInput> inputs = {};
  PromptHandling handling = {};
  EmbeddingFormat format = EmbeddingFormat::kFloat;
  std::optional<size_t> dimensions = {};  // Nullopt: all.
};

// INVALID_ARGUMENT naming the member.
absl::StatusOr<EmbeddingRequest> ParseEmbeddingRequest(std::string_view body,
                                                       const RequestLimits& limits);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_EMBEDDING_REQUEST_H_
