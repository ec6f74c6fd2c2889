// The bodies of POST /v1/rerank, /v2/rerank (Jina's and Cohere's shapes) and /v1/score (vLLM's).
// TRUSTED: they hold prompts.
#ifndef SOTTO_TRUSTED_SERVICE_RERANK_REQUEST_H_
#define SOTTO_TRUSTED_SERVICE_RERANK_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/wiping_allocator.h"
#include "trusted/service/prompt_input.h"

namespace sotto {

// Queries and documents in pairs: as many of both, or one query for all documents.
struct RerankRequest {
  SecretString model = {};
  SecretVector<SecretString> queries = {}, documents = {};
  std::optional<SecretString> instruction = {};
  std::optional<size_t> top_n = {};  // Nullopt: all.
  std::optional<bool> return_documents = {};
  // vLLM's: the score as a probability; false: what the sigmoid makes one of.
  bool use_activation = true;
  // As PromptHandling, but the document alone is cut, by default its end.
  std::optional<int64_t> truncate = {};
  TruncationSide side = TruncationSide::kRight;
  // Cohere's: of each document its first tokens alone, before all else. Nullopt: all of it.
  std::optional<size_t> max_tokens_per_doc = {};

  const SecretString& query_of(size_t document) const {
    return queries[queries.size() == 1 ? 0 : document];
  }
};

// {"query", "documents": [text or {"text"}], ..}. INVALID_ARGUMENT naming the member.
absl::StatusOr<RerankRequest> ParseRerankRequest(std::string_view body,
                                                 const RequestLimits& limits);
// {"text_1", "text_2"}, each a text or several, also called "queries" and "documents".
absl::StatusOr<RerankRequest> ParseScoreRequest(std::string_view body, const RequestLimits& limits);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_RERANK_REQUEST_H_
