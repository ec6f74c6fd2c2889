// How text becomes token ids, as users say it: flags for all texts, and members of a JSON line for
// the texts of that line.
#ifndef SOTTO_CLI_TEXT_ENCODING_H_
#define SOTTO_CLI_TEXT_ENCODING_H_

#include <CLI/CLI.hpp>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "cli/setting.h"
#include "sotto/model.h"

namespace sotto {

// Of flags, members and results, in the order of the enumerators.
inline constexpr std::array<std::string_view, 3> kBosNames = {"auto", "always", "never"};
inline constexpr std::array<std::string_view, 2> kSpecialTokensNames = {"parse", "text"};

// Behind the error of an id beyond the vocabulary that a text has come to.
inline constexpr char kTooManyTokens[] =
    ": tokenizer.json has more tokens than vocab_size of config.json";

std::string_view BosName(BosUse bos);
std::string_view SpecialTokensName(const EncodeTextOptions& options);

// --special-tokens and --bos.
class TextFlags {
 public:
  explicit TextFlags(CLI::App& app, BosUse default_bos = BosUse::kAuto);

  // After parsing. UsageError naming the flag.
  absl::StatusOr<EncodeTextOptions> Read() const;
  bool given() const { return special_tokens_.given() || bos_.given(); }
  bool bos_given() const { return bos_.given(); }

 private:
  Setting special_tokens_, bos_;
};

// "special_tokens" and "bos" of an object: what they say counts for its texts.
struct TextMembers {
  static constexpr std::array<std::string_view, 2> kNames = {"special_tokens", "bos"};

  std::optional<bool> special_tokens = {};
  std::optional<BosUse> bos = {};

  bool any() const { return special_tokens.has_value() || bos.has_value(); }
  // `options`, but for what is said here.
  EncodeTextOptions Over(EncodeTextOptions options) const;
};

// INVALID_ARGUMENT, beginning with `source`, for another value.
absl::StatusOr<TextMembers> ReadTextMembers(const nlohmann::ordered_json& object,
                                            std::string_view source);
// INVALID_ARGUMENT where `members` says something though there is no text, only ids.
absl::Status CheckNoTextMembers(const TextMembers& members, std::string_view source);

}  // namespace sotto

#endif  // SOTTO_CLI_TEXT_ENCODING_H_
