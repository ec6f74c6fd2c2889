// tokenizer.json's `pre_tokenizer`.
#include <string>
#include <utility>

#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/pattern_translation.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"
#include "trusted/tokenizer/unicode_classes.h"

namespace sotto {
namespace {

using Steps = std::vector<PreTokenizerStep>;

// What ByteLevel with use_regex splits by: GPT-2's expression.
constexpr char kGpt2Pattern[] =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

struct BehaviorName {
  std::string_view name;
  SplitBehavior behavior;
};
constexpr BehaviorName kBehaviors[] = {{"Isolated", SplitBehavior::kIsolated},
                                       {"Removed", SplitBehavior::kRemoved},
                                       {"MergedWithPrevious", SplitBehavior::kMergedWithPrevious},
                                       {"MergedWithNext", SplitBehavior::kMergedWithNext},
                                       {"Contiguous", SplitBehavior::kContiguous}};

absl::Status AddStep(const JsonValue& place, PreTokenizerStep step, Steps& steps) {
  if (steps.size() == kMaxTextSteps) return place.Error(kTooManyTextSteps);
  steps.push_back(std::move(step));
  return absl::OkStatus();
}

// A step that splits by an expression of ours, `pattern`.
struct OwnSplit {
  std::string pattern;  // PCRE2's
  SplitBehavior behavior = SplitBehavior::kIsolated;
  bool invert = false;
};

absl::Status AddOwnSplit(const JsonValue& place, const OwnSplit& split, Steps& steps) {
  auto pattern = SplitPattern::CompilePcre2(split.pattern);
  if (!pattern.ok()) return place.Annotate(pattern.status());
  pattern->set_place(place.place());
  PreTokenizerStep step{.behavior = split.behavior, .invert = split.invert};
  step.pattern.push_back(*std::move(pattern));
  return AddStep(place, std::move(step), steps);
}

absl::StatusOr<SplitBehavior> ParseBehavior(const JsonValue& step) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view name, step.StringMember("behavior"));
  for (const BehaviorName& row : kBehaviors) {
    if (row.name == name) return row.behavior;
  }
  return step.Unsupported(StrCat("behavior ", name),
                          "Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous");
}

absl::Status ParseSplit(const JsonValue& split, Steps& steps) {
  PreTokenizerStep step;
  SOTTO_ASSIGN_OR_RETURN(const JsonValue pattern, PatternMember(split));
  SOTTO_ASSIGN_OR_RETURN(auto expression, ParsePattern(pattern));
  step.pattern.push_back(std::move(expression));
  SOTTO_ASSIGN_OR_RETURN(step.behavior, ParseBehavior(split));
  SOTTO_ASSIGN_OR_RETURN(step.invert, split.BoolMember("invert"));
  return AddStep(split, std::move(step), steps);
}

absl::Status ParseByteLevel(const JsonValue& byte_level, Steps& steps) {
  SOTTO_ASSIGN_OR_RETURN(const ByteLevelFlags flags, ParseByteLevelFlags(byte_level));
  if (flags.add_prefix_space) {
    SOTTO_RETURN_IF_ERROR(
        AddStep(byte_level, {.kind = PreTokenizerStep::Kind::kPrefix, .text = " "}, steps));
  }
  if (flags.use_regex) {
    SOTTO_ASSIGN_OR_RETURN(auto pattern, ToPcre2(kGpt2Pattern));
    SOTTO_RETURN_IF_ERROR(AddOwnSplit(byte_level, {.pattern = std::move(pattern)}, steps));
  }
  return AddStep(byte_level, {.kind = PreTokenizerStep::Kind::kSpellBytes}, steps);
}

absl::Status ParseMetaspace(const JsonValue& metaspace, Steps& steps) {
  PreTokenizerStep step{.kind = PreTokenizerStep::Kind::kMetaspace};
  SOTTO_ASSIGN_OR_RETURN(const std::string_view text, metaspace.StringMember("replacement"));
  if (text.empty() || NextUtf8(text).length != text.size()) {
    return metaspace.ErrorAt(".replacement", "must be one character");
  }
  step.text = std::string(text);
  SOTTO_ASSIGN_OR_RETURN(step.prepend, ParseMetaspacePrepend(metaspace));
  SOTTO_ASSIGN_OR_RETURN(const bool split, metaspace.OptionalBool("split", true));
  SOTTO_RETURN_IF_ERROR(AddStep(metaspace, std::move(step), steps));
  if (!split) return absl::OkStatus();
  return AddOwnSplit(metaspace, {EscapedPattern(text), SplitBehavior::kMergedWithNext}, steps);
}

absl::Status ParseDigits(const JsonValue& digits, Steps& steps) {
  SOTTO_ASSIGN_OR_RETURN(const bool each, digits.BoolMember("individual_digits"));
  return AddOwnSplit(digits,
                     {StrCat("[", RustNumericMembers(), "]"),
                      each ? SplitBehavior::kIsolated : SplitBehavior::kContiguous},
                     steps);
}

absl::Status ParsePunctuation(const JsonValue& punctuation, Steps& steps) {
  OwnSplit split{.pattern = RustPunctuationPattern()};
  SOTTO_ASSIGN_OR_RETURN(const auto behavior, punctuation.MemberOrNull("behavior"));
  if (behavior.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(split.behavior, ParseBehavior(punctuation));
  }
  return AddOwnSplit(punctuation, split, steps);
}

absl::Status AddWhiteSpaceSplit(const JsonValue& place, Steps& steps) {
  return AddOwnSplit(place, {StrCat("[", EscapeSet('s')->members, "]"), SplitBehavior::kRemoved},
                     steps);
}

absl::Status ParseCharDelimiter(const JsonValue& split, Steps& steps) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view delimiter, split.StringMember("delimiter"));
  if (delimiter.empty() || NextUtf8(delimiter).length != delimiter.size()) {
    return split.ErrorAt(".delimiter", "must be one character");
  }
  return AddOwnSplit(split, {EscapedPattern(delimiter), SplitBehavior::kRemoved}, steps);
}

// Words, and stretches of what is neither word nor white space; white space goes.
absl::Status AddWords(const JsonValue& place, Steps& steps) {
  const std::string word = RustWordMembers();
  return AddOwnSplit(place,
                     {StrCat("[", word, "]+|[^", word, EscapeSet('s')->members, "]+"),
                      SplitBehavior::kRemoved, true},
                     steps);
}

}  // namespace

absl::StatusOr<ByteLevelFlags> ParseByteLevelFlags(const JsonValue& byte_level) {
  ByteLevelFlags flags;
  SOTTO_ASSIGN_OR_RETURN(flags.add_prefix_space, byte_level.BoolMember("add_prefix_space"));
  SOTTO_ASSIGN_OR_RETURN(flags.trim_offsets, byte_level.BoolMember("trim_offsets"));
  SOTTO_ASSIGN_OR_RETURN(flags.use_regex, byte_level.BoolMember("use_regex", true));
  return flags;
}

absl::StatusOr<JsonValue> PatternMember(const JsonValue& step) {
  SOTTO_ASSIGN_OR_RETURN(JsonValue pattern, step.Member("pattern"));
  SOTTO_ASSIGN_OR_RETURN(const simdjson::dom::object members, pattern.Object());
  if (members.size() > 1) return pattern.Error("must have one member, Regex or String");
  return pattern;
}

absl::StatusOr<SplitPattern> ParsePattern(const JsonValue& pattern) {
  SOTTO_ASSIGN_OR_RETURN(const auto regex, pattern.OptionalMember("Regex"));
  SOTTO_ASSIGN_OR_RETURN(const auto text, pattern.OptionalMember("String"));
  if (!regex.has_value() && !text.has_value()) {
    return pattern.Unsupported("a pattern without Regex or String", "Regex, String");
  }
  const JsonValue& place = regex.has_value() ? *regex : *text;
  SOTTO_ASSIGN_OR_RETURN(const std::string_view spelling, place.String());
  auto compiled = regex.has_value() ? SplitPattern::Compile(spelling)
                                    : SplitPattern::CompilePcre2(EscapedPattern(spelling));
  if (!compiled.ok()) return place.Annotate(compiled.status());
  compiled->set_place(place.place());
  return *std::move(compiled);
}

absl::StatusOr<MetaspacePrepend> ParseMetaspacePrepend(const JsonValue& metaspace) {
  SOTTO_ASSIGN_OR_RETURN(const auto scheme, metaspace.MemberOrNull("prepend_scheme"));
  SOTTO_ASSIGN_OR_RETURN(const bool legacy, metaspace.OptionalBool("add_prefix_space", true));
  std::string_view name = "always";
  if (scheme.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(name, scheme->String());
  }
  if (name == "never") return MetaspacePrepend::kNever;
  if (!legacy) {
    return metaspace.ErrorAt(".add_prefix_space", "contradicts prepend_scheme, which is not never");
  }
  if (name == "first") return MetaspacePrepend::kFirst;
  if (name == "always") return MetaspacePrepend::kAlways;
  return metaspace.Unsupported(StrCat("prepend_scheme ", name), "first, never, always");
}

absl::Status ParsePreTokenizer(const JsonValue& pre_tokenizer, Steps& steps) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, pre_tokenizer.StringMember("type"));
  if (type == "Sequence") {
    SOTTO_ASSIGN_OR_RETURN(const JsonValue list, pre_tokenizer.Member("pretokenizers"));
    SOTTO_ASSIGN_OR_RETURN(const auto elements, list.Elements(kMaxSteps));
    for (const JsonValue& element : elements) {
      SOTTO_RETURN_IF_ERROR(ParsePreTokenizer(element, steps));
    }
    return absl::OkStatus();
  }
  if (type == "Split") return ParseSplit(pre_tokenizer, steps);
  if (type == "ByteLevel") return ParseByteLevel(pre_tokenizer, steps);
  if (type == "Metaspace") return ParseMetaspace(pre_tokenizer, steps);
  if (type == "Digits") return ParseDigits(pre_tokenizer, steps);
  if (type == "Punctuation") return ParsePunctuation(pre_tokenizer, steps);
  if (type == "Whitespace") return AddWords(pre_tokenizer, steps);
  if (type == "WhitespaceSplit") return AddWhiteSpaceSplit(pre_tokenizer, steps);
  if (type == "CharDelimiterSplit") return ParseCharDelimiter(pre_tokenizer, steps);
  if (type == "BertPreTokenizer") {
    SOTTO_RETURN_IF_ERROR(AddWhiteSpaceSplit(pre_tokenizer, steps));
    return AddOwnSplit(pre_tokenizer, {RustPunctuationPattern()}, steps);
  }
  return pre_tokenizer.Unsupported(
      StrCat("type ", type),
      "ByteLevel, Metaspace, Digits, Split, Whitespace, WhitespaceSplit, Punctuation, "
      "CharDelimiterSplit, BertPreTokenizer, Sequence");
}

}  // namespace sotto
