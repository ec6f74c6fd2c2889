// tokenizer.json's `normalizer`.
#include <memory>
#include <string>
#include <utility>

#include "base/strings.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

struct FormName {
  std::string_view type;
  NormalForm form;
};
constexpr FormName kForms[] = {{"NFC", NormalForm::kNfc},
                               {"NFD", NormalForm::kNfd},
                               {"NFKC", NormalForm::kNfkc},
                               {"NFKD", NormalForm::kNfkd}};

// The reference takes such a file, and crashes when it encodes.
constexpr char kMustNotBeEmpty[] = "must not be empty";

// Of the types that are one step.
absl::StatusOr<NormalizerStep> ParseNormalizerStep(const JsonValue& normalizer,
                                                   std::string_view type) {
  for (const FormName& name : kForms) {
    if (type == name.type)
      return NormalizerStep{.kind = NormalizerStep::Kind::kForm, .form = name.form};
  }
  if (type == "Replace") return ParseReplace(normalizer);
  if (type == "Lowercase") return NormalizerStep{.kind = NormalizerStep::Kind::kLowercase};
  if (type == "Prepend") {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view text, normalizer.StringMember("prepend"));
    if (text.empty()) return normalizer.ErrorAt(".prepend", kMustNotBeEmpty);
    return NormalizerStep{.kind = NormalizerStep::Kind::kPrepend, .content = std::string(text)};
  }
  if (type == "Strip") {
    NormalizerStep step{.kind = NormalizerStep::Kind::kStrip};
    SOTTO_ASSIGN_OR_RETURN(step.strip_left, normalizer.BoolMember("strip_left"));
    SOTTO_ASSIGN_OR_RETURN(step.strip_right, normalizer.BoolMember("strip_right"));
    return step;
  }
  return normalizer.Unsupported(
      StrCat("type ", type), "Prepend, Replace, NFC, NFD, NFKC, NFKD, Lowercase, Strip, Sequence");
}

}  // namespace

absl::StatusOr<NormalizerStep> ParseReplace(const JsonValue& replace) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue pattern, PatternMember(replace));
  SOTTO_ASSIGN_OR_RETURN(const std::string_view to, replace.StringMember("content"));
  NormalizerStep step{.kind = NormalizerStep::Kind::kReplace, .content = std::string(to)};
  SOTTO_ASSIGN_OR_RETURN(const auto text, pattern.OptionalMember("String"));
  if (text.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view from, text->String());
    if (from.empty()) return pattern.ErrorAt(".String", kMustNotBeEmpty);
    step.pattern = std::string(from);
    return step;
  }
  SOTTO_ASSIGN_OR_RETURN(const auto spelling, pattern.OptionalMember("Regex"));
  if (spelling.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view from, spelling->String());
    if (from.empty()) return pattern.ErrorAt(".Regex", kMustNotBeEmpty);
  }
  SOTTO_ASSIGN_OR_RETURN(auto regex, ParsePattern(pattern));
  step.regex = std::make_shared<const SplitPattern>(std::move(regex));
  return step;
}

absl::Status ParseNormalizer(const JsonValue& normalizer, std::vector<NormalizerStep>& steps) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, normalizer.StringMember("type"));
  if (steps.size() == kMaxTextSteps) return normalizer.Error(kTooManyTextSteps);
  if (type == "Sequence") {
    SOTTO_ASSIGN_OR_RETURN(const JsonValue list, normalizer.Member("normalizers"));
    SOTTO_ASSIGN_OR_RETURN(const auto elements, list.Elements(kMaxSteps));
    for (const JsonValue& element : elements) {
      SOTTO_RETURN_IF_ERROR(ParseNormalizer(element, steps));
    }
    return absl::OkStatus();
  }
  SOTTO_ASSIGN_OR_RETURN(auto step, ParseNormalizerStep(normalizer, type));
  steps.push_back(std::move(step));
  return absl::OkStatus();
}

}  // namespace sotto
