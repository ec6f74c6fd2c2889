#include "cli/text_encoding.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/strings.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

// The index of the member's value among `choices`; nullopt where there is no such member.
absl::StatusOr<std::optional<size_t>> ReadChoice(const Json& object, std::string_view member,
                                                 std::span<const std::string_view> choices,
                                                 std::string_view source) {
  const auto found = object.find(member);
  if (found == object.end()) return std::optional<size_t>();
  if (found->is_string()) {
    const auto it = std::ranges::find(choices, found->get_ref<const std::string&>());
    if (it != choices.end()) return std::optional<size_t>(it - choices.begin());
  }
  std::string names;
  for (const std::string_view name : choices) {
    names += StrCat(names.empty() ? "\"" : ", \"", name, "\"");
  }
  return absl::InvalidArgumentError(
      StrCat(source, source.empty() ? "\"" : ": \"", member, "\" is none of ", names));
}

}  // namespace

std::string_view BosName(BosUse bos) { return kBosNames[static_cast<size_t>(bos)]; }

std::string_view SpecialTokensName(const EncodeTextOptions& options) {
  return kSpecialTokensNames[options.special_tokens ? 0 : 1];
}

TextFlags::TextFlags(CLI::App& app, BosUse default_bos)
    : special_tokens_(app, {.flag = "--special-tokens",
                            .placeholder = "HOW",
                            .help = "What text that spells a special token becomes: parse (the "
                                    "token, as in Hugging Face) or text (ordinary text)",
                            .default_value = "parse"}),
      bos_(app, {.flag = "--bos",
                 .placeholder = "WHEN",
                 .help = "What is put around a text: auto (what the tokenizer's template says), "
                         "always (BOS, even if the template has none) or never (nothing)",
                 .default_value = std::string(BosName(default_bos))}) {}

absl::StatusOr<EncodeTextOptions> TextFlags::Read() const {
  SOTTO_ASSIGN_OR_RETURN(const size_t special, special_tokens_.Choice(kSpecialTokensNames));
  SOTTO_ASSIGN_OR_RETURN(const size_t bos, bos_.Choice(kBosNames));
  return EncodeTextOptions{.bos = static_cast<BosUse>(bos), .special_tokens = special == 0};
}

EncodeTextOptions TextMembers::Over(EncodeTextOptions options) const {
  options.bos = bos.value_or(options.bos);
  options.special_tokens = special_tokens.value_or(options.special_tokens);
  return options;
}

absl::StatusOr<TextMembers> ReadTextMembers(const Json& object, std::string_view source) {
  SOTTO_ASSIGN_OR_RETURN(const std::optional<size_t> special,
                         ReadChoice(object, "special_tokens", kSpecialTokensNames, source));
  SOTTO_ASSIGN_OR_RETURN(const std::optional<size_t> bos,
                         ReadChoice(object, "bos", kBosNames, source));
  TextMembers members;
  if (special.has_value()) members.special_tokens = *special == 0;
  if (bos.has_value()) members.bos = static_cast<BosUse>(*bos);
  return members;
}

absl::Status CheckNoTextMembers(const TextMembers& members, std::string_view source) {
  if (!members.any()) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(source, ": \"",
                                           members.bos.has_value() ? "bos" : "special_tokens",
                                           "\" has no effect on token ids"));
}

}  // namespace sotto
