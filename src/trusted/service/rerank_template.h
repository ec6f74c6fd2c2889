// How a reranker is asked: a template that query and document are put into. A causal model answers
// by one of two tokens, a classifier by its one label. Without its own template a model ranks at
// random.
#ifndef SOTTO_TRUSTED_SERVICE_RERANK_TEMPLATE_H_
#define SOTTO_TRUSTED_SERVICE_RERANK_TEMPLATE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sotto/model.h"
#include "trusted/service/secret_ids.h"

namespace sotto {

struct RerankInput {
  std::string_view query = {}, document = {}, instruction = {};
};

class RerankTemplate {
 public:
  // `text`: taken to the byte; {query} and {document} stand in it once or more, {instruction} may.
  // `labels`: the answer that counts for a document, and the one against it. INVALID_ARGUMENT that
  // says what is missing.
  static absl::StatusOr<RerankTemplate> Parse(std::string_view text,
                                              const std::array<std::string, 2>& labels);

  bool takes_instruction() const { return Has(Piece::kInstruction); }

  // What the model's answer is read from: the ids of the two labels, or nothing for a classifier,
  // which has a label of its own. FAILED_PRECONDITION for a model that cannot
  // answer, a label of more than one token, or two alike.
  absl::StatusOr<SecretIds> LabelIds(const Model& model) const;
  // Special tokens come from the template alone: what is put into it stays text.
  absl::StatusOr<SecretIds> Encode(const Model& model, const RerankInput& input) const;

 private:
  enum class Piece { kText, kQuery, kDocument, kInstruction };
  struct Part {
    Piece piece = Piece::kText;
    std::string text = {};
  };

  bool Has(Piece piece) const;

  std::vector<Part> parts_;
  std::array<std::string, 2> labels_;
};

// What stands in braces like a placeholder and is none, as "{foo}", in the order of the text; it is
// taken as it is, which is seldom meant.
std::vector<std::string> UnknownPlaceholders(std::string_view text);

// What is asked where a request has no instruction: Qwen3-Reranker's own words.
inline constexpr std::string_view kDefaultInstruction =
    "Given a web search query, retrieve relevant passages that answer the query";

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_RERANK_TEMPLATE_H_
