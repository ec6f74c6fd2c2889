// tokenizer.json's steps over text: `normalizer` and `pre_tokenizer`.
#include <string>

#include "base/strings.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

// What ByteLevel with use_regex splits by: GPT-2's expression.
constexpr char kGpt2Pattern[] =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

absl::Status AddSplit(const JsonValue& place, std::string_view pattern,
                      TokenizerDefinition& definition) {
  if (definition.splits.size() == kMaxSteps) return place.Error("too many steps in all");
  auto split = SplitPattern::Compile(pattern);
  if (!split.ok()) return place.Annotate(split.status());
  definition.splits.push_back(*std::move(split));
  return absl::OkStatus();
}

absl::Status ParseSplit(const JsonValue& split, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue pattern, split.Member("pattern"));
  SOTTO_ASSIGN_OR_RETURN(const auto regex, pattern.OptionalMember("Regex"));
  if (!regex.has_value()) return pattern.Unsupported("a pattern without Regex", "Regex");
  SOTTO_ASSIGN_OR_RETURN(const std::string_view expression, regex->String());
  SOTTO_ASSIGN_OR_RETURN(const std::string_view behavior, split.StringMember("behavior"));
  if (behavior != "Isolated") {
    return split.Unsupported(StrCat("behavior ", behavior), "Isolated");
  }
  SOTTO_ASSIGN_OR_RETURN(const bool invert, split.BoolMember("invert", false));
  if (invert) return split.Unsupported("invert", "false");
  return AddSplit(*regex, expression, definition);
}

absl::Status ParseByteLevel(const JsonValue& byte_level, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const bool prefix, byte_level.BoolMember("add_prefix_space", true));
  if (prefix) return byte_level.Unsupported("add_prefix_space", "false");
  SOTTO_ASSIGN_OR_RETURN(const bool use_regex, byte_level.BoolMember("use_regex", true));
  if (use_regex) SOTTO_RETURN_IF_ERROR(AddSplit(byte_level, kGpt2Pattern, definition));
  definition.byte_level = true;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NormalizerStep> ParseReplace(const JsonValue& replace) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue pattern, replace.Member("pattern"));
  SOTTO_ASSIGN_OR_RETURN(const auto text, pattern.OptionalMember("String"));
  if (!text.has_value()) return pattern.Unsupported("a pattern without String", "String");
  SOTTO_ASSIGN_OR_RETURN(const std::string_view from, text->String());
  if (from.empty()) return text->Error("must not be empty");
  SOTTO_ASSIGN_OR_RETURN(const std::string_view to, replace.StringMember("content"));
  return NormalizerStep{NormalizerStep::Kind::kReplace, std::string(from), std::string(to)};
}

absl::Status ParseNormalizer(const JsonValue& normalizer, std::vector<NormalizerStep>& steps) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, normalizer.StringMember("type"));
  if (steps.size() == kMaxSteps) return normalizer.Error("too many steps in all");
  if (type == "Sequence") {
    SOTTO_ASSIGN_OR_RETURN(const JsonValue list, normalizer.Member("normalizers"));
    SOTTO_ASSIGN_OR_RETURN(const auto elements, list.Elements(kMaxSteps));
    for (const JsonValue& element : elements) {
      SOTTO_RETURN_IF_ERROR(ParseNormalizer(element, steps));
    }
    return absl::OkStatus();
  }
  if (type == "Replace") {
    SOTTO_ASSIGN_OR_RETURN(auto step, ParseReplace(normalizer));
    steps.push_back(std::move(step));
    return absl::OkStatus();
  }
  if (type == "Prepend") {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view text, normalizer.StringMember("prepend"));
    steps.push_back({NormalizerStep::Kind::kPrepend, "", std::string(text)});
    return absl::OkStatus();
  }
  return normalizer.Unsupported(StrCat("type ", type), "Prepend, Replace, Sequence");
}

absl::Status ParsePreTokenizer(const JsonValue& pre_tokenizer, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, pre_tokenizer.StringMember("type"));
  if (definition.byte_level) {
    return pre_tokenizer.Unsupported(StrCat(type, " after ByteLevel"), "nothing after ByteLevel");
  }
  if (type == "Sequence") {
    SOTTO_ASSIGN_OR_RETURN(const JsonValue list, pre_tokenizer.Member("pretokenizers"));
    SOTTO_ASSIGN_OR_RETURN(const auto elements, list.Elements(kMaxSteps));
    for (const JsonValue& element : elements) {
      SOTTO_RETURN_IF_ERROR(ParsePreTokenizer(element, definition));
    }
    return absl::OkStatus();
  }
  if (type == "Split") return ParseSplit(pre_tokenizer, definition);
  if (type == "ByteLevel") return ParseByteLevel(pre_tokenizer, definition);
  return pre_tokenizer.Unsupported(StrCat("type ", type), "Split, ByteLevel, Sequence");
}

}  // namespace sotto
