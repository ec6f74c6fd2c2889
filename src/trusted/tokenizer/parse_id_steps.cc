// tokenizer.json's steps over ids: `post_processor` and `decoder`.
#include <string>

#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

constexpr int64_t kMaxStrip = 1000;

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
      SOTTO_RETURN_IF_ERROR(element.Member("Sequence").status());
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

absl::Status ParseStrip(const JsonValue& strip, DecoderSteps& steps) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view content, strip.StringMember("content"));
  if (content.empty() || NextUtf8(content).length != content.size()) {
    return strip.ErrorAt(".content", "must be one character");
  }
  SOTTO_ASSIGN_OR_RETURN(const JsonValue start, strip.Member("start"));
  SOTTO_ASSIGN_OR_RETURN(const int64_t count, start.Int());
  if (count < 0 || count > kMaxStrip) return start.Error(StrCat("must be 0 .. ", kMaxStrip));
  SOTTO_ASSIGN_OR_RETURN(const JsonValue stop, strip.Member("stop"));
  SOTTO_ASSIGN_OR_RETURN(const int64_t from_end, stop.Int());
  if (from_end != 0) return strip.Unsupported("stop other than 0", "stop 0");
  steps.strip = content;
  steps.strip_count = static_cast<size_t>(count);
  return absl::OkStatus();
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
  if (type != "TemplateProcessing") {
    return post_processor.Unsupported(StrCat("type ", type),
                                      "ByteLevel, TemplateProcessing, Sequence");
  }
  if (!definition.prefix_ids.empty() || !definition.suffix_ids.empty()) {
    return post_processor.Unsupported("a second template", "one template");
  }
  return ParseTemplate(post_processor, definition);
}

absl::StatusOr<DecoderSteps> ParseDecoder(const JsonValue& decoder) {
  constexpr char kSupported[] = "ByteLevel, or Sequence of Replace, ByteFallback, Fuse, Strip";
  DecoderSteps steps;
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, decoder.StringMember("type"));
  if (type == "ByteLevel") {
    steps.byte_level = true;
    return steps;
  }
  if (type != "Sequence") return decoder.Unsupported(StrCat("type ", type), kSupported);
  SOTTO_ASSIGN_OR_RETURN(const JsonValue list, decoder.Member("decoders"));
  SOTTO_ASSIGN_OR_RETURN(const auto elements, list.Elements(kMaxSteps));
  // Each step must come at its turn: 0 Replace*, 1 ByteFallback, 2 Fuse, 3 Strip or the end.
  int turn = 0;
  for (const JsonValue& element : elements) {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view step, element.StringMember("type"));
    if (step == "Replace" && turn == 0) {
      SOTTO_ASSIGN_OR_RETURN(auto replacement, ParseReplace(element));
      steps.replacements.push_back(std::move(replacement));
    } else if (step == "ByteFallback" && turn == 0) {
      turn = 1;
    } else if (step == "Fuse" && turn == 1) {
      turn = 2;
    } else if (step == "Strip" && turn == 2) {
      SOTTO_RETURN_IF_ERROR(ParseStrip(element, steps));
      turn = 3;
    } else {
      return element.Unsupported(StrCat("type ", step, " at this place"), kSupported);
    }
  }
  if (turn < 2) return list.Unsupported("a sequence without ByteFallback and Fuse", kSupported);
  return steps;
}

}  // namespace sotto
