// tokenizer.json's `post_processor`: the ids around a text.
#include <string>

#include "base/strings.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

// A template's part: whether it is a special token, and its name.
struct TemplatePart {
  bool special = false;
  std::string_view id;
};

absl::StatusOr<TemplatePart> ParseTemplatePart(const JsonValue& element) {
  TemplatePart part;
  SOTTO_ASSIGN_OR_RETURN(const auto special, element.OptionalMember("SpecialToken"));
  part.special = special.has_value();
  SOTTO_ASSIGN_OR_RETURN(const JsonValue value,
                         part.special ? *special : element.Member("Sequence"));
  SOTTO_ASSIGN_OR_RETURN(part.id, value.StringMember("id"));
  SOTTO_ASSIGN_OR_RETURN(const JsonValue type_id, value.Member("type_id"));
  SOTTO_RETURN_IF_ERROR(type_id.Int().status());
  return part;
}

// `pair` says nothing of a single text, but the reference wants it.
absl::Status CheckPairTemplate(const JsonValue& processor) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue pair, processor.Member("pair"));
  SOTTO_ASSIGN_OR_RETURN(const auto elements, pair.Elements(kMaxSteps));
  for (const JsonValue& element : elements) {
    SOTTO_ASSIGN_OR_RETURN(const TemplatePart part, ParseTemplatePart(element));
    if (!part.special && part.id != "A" && part.id != "B") {
      return element.ErrorAt(".Sequence.id", "must be A or B");
    }
  }
  return absl::OkStatus();
}

// Appends the ids that a template's special token `name` stands for.
absl::Status AppendTemplateIds(const JsonValue& processor, std::string_view name,
                               size_t vocabulary_size, std::vector<int32_t>& ids) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue table, processor.Member("special_tokens"));
  SOTTO_ASSIGN_OR_RETURN(const JsonValue token, table.Member(name));
  SOTTO_RETURN_IF_ERROR(token.StringMember("id").status());
  SOTTO_ASSIGN_OR_RETURN(const JsonValue names, token.Member("tokens"));
  SOTTO_RETURN_IF_ERROR(names.Array().status());
  SOTTO_ASSIGN_OR_RETURN(const JsonValue list, token.Member("ids"));
  SOTTO_ASSIGN_OR_RETURN(const auto elements, list.Elements(kMaxSteps));
  for (const JsonValue& element : elements) {
    SOTTO_ASSIGN_OR_RETURN(const int64_t id, element.Int());
    if (id < 0 || static_cast<size_t>(id) >= vocabulary_size) {
      return element.Error(StrCat("id is out of range: not below ", vocabulary_size));
    }
    if (ids.size() == kMaxSteps) return list.Error("the template has too many ids");
    ids.push_back(static_cast<int32_t>(id));
  }
  return absl::OkStatus();
}

absl::Status ParseTemplate(const JsonValue& processor, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue single, processor.Member("single"));
  SOTTO_ASSIGN_OR_RETURN(const auto elements, single.Elements(kMaxSteps));
  SOTTO_ASSIGN_OR_RETURN(const JsonValue table, processor.Member("special_tokens"));
  SOTTO_RETURN_IF_ERROR(table.Object().status());
  bool after_text = false;
  for (const JsonValue& element : elements) {
    SOTTO_ASSIGN_OR_RETURN(const TemplatePart part, ParseTemplatePart(element));
    if (!part.special) {
      // $B is the second text of a pair; with it the reference crashes.
      if (part.id != "A") return element.ErrorAt(".Sequence.id", "must be A, the text");
      if (after_text) return single.Error("must hold one Sequence");
      after_text = true;
      continue;
    }
    SOTTO_RETURN_IF_ERROR(
        AppendTemplateIds(processor, part.id, definition.tokens.size(),
                          after_text ? definition.suffix_ids : definition.prefix_ids));
  }
  return after_text ? CheckPairTemplate(processor) : single.Error("must hold one Sequence");
}

// BertProcessing and RobertaProcessing: ["TOKEN", ID] before a text and behind it.
absl::Status AddPair(const JsonValue& processor, std::string_view key, size_t vocabulary_size,
                     std::vector<int32_t>& ids) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue pair, processor.Member(key));
  SOTTO_ASSIGN_OR_RETURN(const auto elements, pair.Elements(2));
  if (elements.size() != 2) return pair.Error("must be a token and its id");
  SOTTO_ASSIGN_OR_RETURN(const int64_t id, elements[1].Int());
  if (id < 0 || static_cast<size_t>(id) >= vocabulary_size) {
    return elements[1].Error(StrCat("id is out of range: not below ", vocabulary_size));
  }
  ids.push_back(static_cast<int32_t>(id));
  return absl::OkStatus();
}

absl::Status ParsePair(const JsonValue& processor, TokenizerDefinition& definition) {
  const size_t size = definition.tokens.size();
  SOTTO_RETURN_IF_ERROR(AddPair(processor, "cls", size, definition.prefix_ids));
  return AddPair(processor, "sep", size, definition.suffix_ids);
}

}  // namespace

absl::Status ParsePostProcessor(const JsonValue& post_processor, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, post_processor.StringMember("type"));
  if (type == "Sequence") {
    SOTTO_ASSIGN_OR_RETURN(const JsonValue list, post_processor.Member("processors"));
    SOTTO_ASSIGN_OR_RETURN(const auto elements, list.Elements(kMaxSteps));
    for (const JsonValue& element : elements) {
      SOTTO_RETURN_IF_ERROR(ParsePostProcessor(element, definition));
    }
    return absl::OkStatus();
  }
  if (type == "ByteLevel") return ParseByteLevelFlags(post_processor).status();
  const bool pair = type == "BertProcessing" || type == "RobertaProcessing";
  if (type != "TemplateProcessing" && !pair) {
    return post_processor.Unsupported(
        StrCat("type ", type),
        "ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing, Sequence");
  }
  if (!definition.prefix_ids.empty() || !definition.suffix_ids.empty()) {
    return post_processor.Unsupported("a second template", "one template");
  }
  return pair ? ParsePair(post_processor, definition) : ParseTemplate(post_processor, definition);
}

}  // namespace sotto
