// tokenizer.json's `decoder`.
#include <string>
#include <utility>

#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

constexpr int64_t kMaxStrip = 1000;

absl::StatusOr<std::string> CharacterMember(const JsonValue& step, std::string_view key) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view character, step.StringMember(key));
  if (character.empty() || NextUtf8(character).length != character.size()) {
    return step.ErrorAt(StrCat(".", key), "must be one character");
  }
  return std::string(character);
}

absl::StatusOr<size_t> CountMember(const JsonValue& step, std::string_view key) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue member, step.Member(key));
  SOTTO_ASSIGN_OR_RETURN(const int64_t count, member.Int());
  if (count < 0 || count > kMaxStrip) return member.Error(StrCat("must be 0 .. ", kMaxStrip));
  return static_cast<size_t>(count);
}

absl::StatusOr<DecoderStep> ParseDecoderStrip(const JsonValue& strip) {
  DecoderStep step{.kind = DecoderStep::Kind::kStrip};
  SOTTO_ASSIGN_OR_RETURN(step.character, CharacterMember(strip, "content"));
  SOTTO_ASSIGN_OR_RETURN(step.start, CountMember(strip, "start"));
  SOTTO_ASSIGN_OR_RETURN(step.stop, CountMember(strip, "stop"));
  return step;
}

absl::StatusOr<DecoderStep> ParseDecoderMetaspace(const JsonValue& metaspace) {
  DecoderStep step{.kind = DecoderStep::Kind::kMetaspace};
  SOTTO_ASSIGN_OR_RETURN(step.character, CharacterMember(metaspace, "replacement"));
  SOTTO_ASSIGN_OR_RETURN(const MetaspacePrepend prepend, ParseMetaspacePrepend(metaspace));
  SOTTO_RETURN_IF_ERROR(metaspace.OptionalBool("split", true).status());
  step.drop_first = prepend != MetaspacePrepend::kNever;
  return step;
}

// Steps in order, sequences flattened. A type that is not known is left out, with a warning: it
// changes what is printed, and nothing that is computed.
absl::Status AddDecoderSteps(const JsonValue& decoder, std::vector<DecoderStep>& chain,
                             std::vector<std::string>& warnings) {
  if (chain.size() == kMaxSteps) return decoder.Error("too many steps in all");
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, decoder.StringMember("type"));
  if (type == "Sequence") {
    SOTTO_ASSIGN_OR_RETURN(const JsonValue list, decoder.Member("decoders"));
    SOTTO_ASSIGN_OR_RETURN(const auto elements, list.Elements(kMaxSteps));
    for (const JsonValue& element : elements) {
      SOTTO_RETURN_IF_ERROR(AddDecoderSteps(element, chain, warnings));
    }
  } else if (type == "Replace") {
    SOTTO_ASSIGN_OR_RETURN(auto replacement, ParseReplace(decoder));
    chain.push_back({.kind = DecoderStep::Kind::kReplace, .replace = std::move(replacement)});
  } else if (type == "Strip") {
    SOTTO_ASSIGN_OR_RETURN(auto step, ParseDecoderStrip(decoder));
    chain.push_back(std::move(step));
  } else if (type == "Metaspace") {
    SOTTO_ASSIGN_OR_RETURN(auto step, ParseDecoderMetaspace(decoder));
    chain.push_back(std::move(step));
  } else if (type == "ByteFallback") {
    chain.push_back({.kind = DecoderStep::Kind::kByteFallback});
  } else if (type == "Fuse") {
    chain.push_back({.kind = DecoderStep::Kind::kFuse});
  } else if (type == "ByteLevel") {
    SOTTO_RETURN_IF_ERROR(ParseByteLevelFlags(decoder).status());
    chain.push_back({.kind = DecoderStep::Kind::kByteLevel});
  } else {
    const absl::Status unknown =
        decoder.Unsupported(StrCat("type ", type),
                            "ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip, Sequence");
    warnings.push_back(
        StrCat(ToStd(unknown.message()), "; the text of tokens is shown without that step"));
  }
  return absl::OkStatus();
}

// The steps as ByteLevel, or Replace*, ByteFallback, Fuse, Strip*: what most models have, and what
// tells the text of each token as soon as it is certain.
bool TakeCommonForm(std::vector<DecoderStep>& chain, DecoderSteps& steps) {
  if (chain.size() == 1 && chain[0].kind == DecoderStep::Kind::kByteLevel) {
    steps.byte_level = true;
    return true;
  }
  size_t i = 0;
  while (i < chain.size() && chain[i].kind == DecoderStep::Kind::kReplace) ++i;
  const size_t fallback = i;
  if (chain.size() < fallback + 2 || chain.size() > fallback + 3 ||
      chain[fallback].kind != DecoderStep::Kind::kByteFallback ||
      chain[fallback + 1].kind != DecoderStep::Kind::kFuse) {
    return false;
  }
  if (chain.size() == fallback + 3) {
    const DecoderStep& strip = chain[fallback + 2];
    if (strip.kind != DecoderStep::Kind::kStrip || strip.stop > 0) return false;
    steps.strip = strip.character;
    steps.strip_count = strip.start;
  }
  for (i = 0; i < fallback; ++i) steps.replacements.push_back(std::move(chain[i].replace));
  return true;
}

}  // namespace

absl::StatusOr<DecoderSteps> ParseDecoder(const JsonValue& decoder,
                                          std::vector<std::string>& warnings) {
  DecoderSteps steps;
  std::vector<DecoderStep> chain;
  SOTTO_RETURN_IF_ERROR(AddDecoderSteps(decoder, chain, warnings));
  if (TakeCommonForm(chain, steps)) return steps;
  // Nothing to do is a step, too.
  if (chain.empty()) chain.push_back({.kind = DecoderStep::Kind::kStrip, .character = " "});
  steps.chain = std::move(chain);
  return steps;
}

DecoderSteps NoDecoder() {
  DecoderSteps steps;
  steps.chain.push_back({.kind = DecoderStep::Kind::kJoin});
  return steps;
}

}  // namespace sotto
