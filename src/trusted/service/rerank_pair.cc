#include "trusted/service/rerank_pair.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/wiping_allocator.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

// More tokens than spell one character.
constexpr size_t kCharacterTokens = 8;

// A document of which some tokens at one end are left. Tokens that spell a character together stay
// or go together.
class CutDocument {
 public:
  // `limit`: more are never asked for.
  static absl::StatusOr<CutDocument> Make(const Model& model, const SecretString& document,
                                          TruncationSide side, size_t limit) {
    const TextPart part{document, /*special_tokens=*/false};
    SOTTO_ASSIGN_OR_RETURN(TokenIds ids, model.EncodeParts({&part, 1}, {.bos = BosUse::kNever}));
    CutDocument cut;
    cut.side_ = side;
    cut.tokens_ = ids.size();
    const size_t count = std::min(ids.size(), limit + kCharacterTokens);
    const std::span<const int32_t> all(ids);
    cut.pieces_ =
        model.TokenTexts(side == TruncationSide::kRight ? all.first(count) : all.last(count));
    WipeContents(ids);
    return cut;
  }
  CutDocument(CutDocument&&) = default;
  CutDocument& operator=(CutDocument&&) = default;
  ~CutDocument() {
    for (std::optional<std::string>& piece : pieces_) {
      if (piece.has_value()) WipeContents(*piece);
    }
  }

  size_t tokens() const { return tokens_; }

  // Of the first tokens, or the last.
  SecretString Text(size_t tokens) const {
    const size_t count = std::min(tokens, pieces_.size());
    const size_t first = side_ == TruncationSide::kRight ? 0 : pieces_.size() - count;
    SecretString text;
    for (size_t i = first; i < first + count; ++i) text += pieces_[i].value_or("");
    return text;
  }

 private:
  CutDocument() = default;

  TruncationSide side_ = TruncationSide::kRight;
  size_t tokens_ = 0;
  std::vector<std::optional<std::string>> pieces_;
};

absl::Status TooLong(size_t i, size_t tokens, size_t limit, std::string_view what) {
  return MemberError("documents", StrCat("element ", i, " comes to ", tokens,
                                         " tokens with its query, more than the ", limit, what));
}

// What the request takes of document `i`.
absl::StatusOr<SecretString> DocumentOf(const Model& model, const RerankRequest& request,
                                        size_t i) {
  const SecretString& document = request.documents[i];
  if (!request.max_tokens_per_doc.has_value()) return document;
  const size_t limit = *request.max_tokens_per_doc;
  const auto first_of = [&](const SecretString& text) {
    return CutDocument::Make(model, text, TruncationSide::kRight, limit);
  };
  SOTTO_ASSIGN_OR_RETURN(const CutDocument cut, first_of(document));
  if (cut.tokens() <= limit) return document;
  // What is left may be tokenized otherwise than it was in the whole.
  for (size_t left = limit; left > 0;) {
    SecretString text = cut.Text(left);
    SOTTO_ASSIGN_OR_RETURN(const CutDocument again, first_of(text));
    if (again.tokens() <= limit) return text;
    left -= std::min(left, again.tokens() - limit);
  }
  return SecretString();
}

}  // namespace

absl::StatusOr<SecretIds> EncodePair(const Model& model, const RerankTemplate& form,
                                     const RerankRequest& request, size_t i, size_t longest) {
  absl::StatusOr<SecretString> whole = DocumentOf(model, request, i);
  if (!whole.ok()) return WithMember(whole.status(), "documents");
  RerankInput input{
      .query = request.query_of(i), .document = *whole, .instruction = kDefaultInstruction};
  if (request.instruction.has_value()) input.instruction = *request.instruction;
  absl::StatusOr<SecretIds> ids = form.Encode(model, input);
  if (!ids.ok()) return WithMember(ids.status(), "documents");
  size_t limit = longest;
  if (request.truncate.value_or(-1) > 0) {
    limit = std::min(limit, static_cast<size_t>(*request.truncate));
  }
  if (ids->size() <= limit) return ids;
  if (!request.truncate.has_value()) {
    return TooLong(i, ids->size(), limit,
                   " that this server takes; truncate_prompt_tokens cuts the document");
  }
  SOTTO_ASSIGN_OR_RETURN(const CutDocument cut,
                         CutDocument::Make(model, *whole, request.side, limit));
  // What is left may be tokenized otherwise than it was in the whole.
  for (size_t left = cut.tokens(); left > 0;) {
    left -= std::min(left, ids->size() - limit);
    const SecretString document = cut.Text(left);
    input.document = document;
    SOTTO_ASSIGN_OR_RETURN(*ids, form.Encode(model, input));
    if (ids->size() <= limit) return ids;
  }
  return TooLong(i, ids->size(), limit, " that are to be left, even without the document");
}

}  // namespace sotto
