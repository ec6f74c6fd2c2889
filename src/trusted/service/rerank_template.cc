#include "trusted/service/rerank_template.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/service/prompt_input.h"

namespace sotto {
namespace {

constexpr std::array<std::string_view, 3> kPlaceholders = {"{query}", "{document}",
                                                           "{instruction}"};

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

std::vector<std::string> UnknownPlaceholders(std::string_view text) {
  std::vector<std::string> unknown;
  for (size_t open = 0; (open = text.find('{', open)) != std::string_view::npos; ++open) {
    size_t end = open + 1;
    while (end < text.size() && IsNameCharacter(text[end])) ++end;
    if (end == open + 1 || end == text.size() || text[end] != '}') continue;
    const std::string_view name = text.substr(open, end + 1 - open);
    if (std::ranges::find(kPlaceholders, name) == kPlaceholders.end()) unknown.emplace_back(name);
  }
  return unknown;
}

bool RerankTemplate::Has(Piece piece) const {
  return std::ranges::any_of(parts_, [&](const Part& part) { return part.piece == piece; });
}

absl::StatusOr<RerankTemplate> RerankTemplate::Parse(std::string_view text,
                                                     const std::array<std::string, 2>& labels) {
  if (!IsValidUtf8(text)) return absl::InvalidArgumentError("is not UTF-8");
  RerankTemplate parsed;
  parsed.labels_ = labels;
  while (!text.empty()) {
    size_t first = std::string_view::npos, found = 0;
    for (size_t i = 0; i < kPlaceholders.size(); ++i) {
      const size_t at = text.find(kPlaceholders[i]);
      if (at < first) std::tie(first, found) = std::pair(at, i);
    }
    const std::string_view literal = text.substr(0, first);
    if (!literal.empty()) parsed.parts_.push_back({Piece::kText, std::string(literal)});
    if (first == std::string_view::npos) break;
    parsed.parts_.push_back({static_cast<Piece>(found + 1), ""});
    text.remove_prefix(first + kPlaceholders[found].size());
  }
  if (!parsed.Has(Piece::kQuery)) return absl::InvalidArgumentError("has no {query}");
  if (!parsed.Has(Piece::kDocument)) return absl::InvalidArgumentError("has no {document}");
  return parsed;
}

absl::StatusOr<SecretIds> RerankTemplate::LabelIds(const Model& model) const {
  const HeadSpec& head = model.info().head;
  if (head.kind == HeadKind::kClassifier && head.labels.size() == 1) return SecretIds();
  if (head.kind != HeadKind::kLmHead) {
    return absl::FailedPreconditionError(
        StrCat("the model is a ", model.info().architecture, " of ", head.labels.size(),
               " labels; a reranker has an lm_head or a classifier of one label"));
  }
  SecretIds label_ids;
  for (const std::string& label : labels_) {
    const absl::StatusOr<int32_t> id = LabelToken(model, label);
    if (!id.ok()) {
      return absl::FailedPreconditionError(
          StrCat("the label \"", label, "\" ", ToStd(id.status().message())));
    }
    label_ids.push_back(*id);
  }
  if (label_ids[0] != label_ids[1]) return label_ids;
  return absl::FailedPreconditionError("both labels are one token");
}

absl::StatusOr<SecretIds> RerankTemplate::Encode(const Model& model,
                                                 const RerankInput& input) const {
  std::vector<TextPart> texts;
  for (const Part& part : parts_) {
    switch (part.piece) {
      case Piece::kText:
        texts.push_back({part.text});
        break;
      case Piece::kQuery:
        texts.push_back({input.query, false});
        break;
      case Piece::kDocument:
        texts.push_back({input.document, false});
        break;
      case Piece::kInstruction:
        texts.push_back({input.instruction, false});
        break;
    }
  }
  SOTTO_ASSIGN_OR_RETURN(TokenIds ids, model.EncodeParts(texts, {.bos = BosUse::kNever}));
  return TakeIds(std::move(ids));
}

}  // namespace sotto
