// tokenizer.json's `post_processor`: the ids around a text.
#include <string>

#include "base/strings.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

// Appends the ids that a template's special token `name` stands for.
absl::Status AppendTemplateIds(const JsonValue& processor, std::string_view name,
                               size_t vocabulary_size, std::vector<int32_t>& ids) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue table, processor.Member("special_tokens"));
  SOTTO_ASSIGN_OR_RETURN(const JsonValue token, table.Member(name));
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
  bool after_text = false;
  for (const JsonValue& element : elements) {
    SOTTO_ASSIGN_OR_RETURN(const auto special, element.OptionalMember("SpecialToken"));
    if (!special.has_value()) {
      SOTTO_ASSIGN_OR_RETURN(const JsonValue sequence, element.Member("Sequence"));
      SOTTO_ASSIGN_OR_RETURN(const std::string_view which, sequence.StringMember("id"));
      // $B is the second text of a pair; with it the reference crashes.
      if (which != "A") return sequence.ErrorAt(".id", "must be A, the text");
      if (after_text) return single.Error("must hold one Sequence");
      after_text = true;
      continue;
    }
    SOTTO_ASSIGN_OR_RETURN(const std::string_view name, special->StringMember("id"));
    SOTTO_RETURN_IF_ERROR(
        AppendTemplateIds(processor, name, definition.tokens.size(),
                          after_text ? definition.suffix_ids : definition.prefix_ids));
  }
  return after_text ? absl::OkStatus() : single.Error("must hold one Sequence");
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
  if (type == "ByteLevel") return absl::OkStatus();
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
