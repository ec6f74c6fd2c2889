#include <algorithm>
#include <optional>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "sotto/scoring.h"
#include "trusted/api/guarded.h"

namespace sotto {
namespace {

// What Python's str.rstrip() takes off.
bool IsPythonSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

// The length of the text without the white space at its end. What is not UTF-8 counts as text.
size_t StrippedLength(std::string_view text) {
  size_t length = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = NextUtf8(text.substr(at));
    at += step.length;
    if (step.kind != Utf8Step::kCharacter || !IsPythonSpace(step.character)) length = at;
  }
  return length;
}

// What is encoded behind a context, and what errors call each of it.
struct Following {
  std::span<const std::string> texts;
  std::string_view name;
};

absl::Status FollowingError(const Following& following, size_t number, const absl::Status& status) {
  return absl::Status(status.code(),
                      StrCat(following.name, " ", number, ": ", ToStd(status.message())));
}

absl::Status NoTokenOfItsOwn(const Following& following, size_t number) {
  const std::string_view why = following.texts[number].empty()
                                   ? "it is empty"
                                   : "its text merges into the last token of what stands before it";
  return FollowingError(following, number,
                        absl::InvalidArgumentError(StrCat("has no token of its own: ", why)));
}

// What stands for a context of no tokens.
absl::StatusOr<TokenIds> EmptyContext(const Model& model) {
  const std::span<const int32_t> bos = model.bos_ids(BosUse::kAlways);
  if (!bos.empty()) return TokenIds(bos.begin(), bos.end());
  return absl::InvalidArgumentError("an empty context needs a tokenizer that has a BOS token");
}

// An EOS of the template's would stand between a context and what follows it, and be scored with
// that.
EncodeTextOptions GoingOn(EncodeTextOptions options) {
  options.goes_on = true;
  return options;
}

absl::StatusOr<ContinuationIds> EncodeAll(const Model& model, std::string_view context,
                                          const Following& following,
                                          const EncodeTextOptions& options) {
  const size_t length = StrippedLength(context);
  const std::string_view moved = context.substr(length);
  context = context.substr(0, length);
  ContinuationIds result;
  SOTTO_ASSIGN_OR_RETURN(result.context, model.Encode(context, options));
  const size_t context_tokens = result.context.size();
  for (size_t i = 0; i < following.texts.size(); ++i) {
    absl::StatusOr<TokenIds> whole =
        model.Encode(StrCat(context, moved, following.texts[i]), options);
    if (!whole.ok()) return FollowingError(following, i, whole.status());
    if (whole->size() <= context_tokens) return NoTokenOfItsOwn(following, i);
    result.continuations.emplace_back(whole->begin() + context_tokens, whole->end());
  }
  if (context_tokens > 0) return result;
  SOTTO_ASSIGN_OR_RETURN(result.context, EmptyContext(model));
  return result;
}

// Nullopt where some label changes the prompt's own tokens.
absl::StatusOr<std::optional<ContinuationIds>> EncodeBehind(const Model& model,
                                                            std::string_view prompt,
                                                            const Following& labels,
                                                            const EncodeTextOptions& options) {
  ContinuationIds result;
  SOTTO_ASSIGN_OR_RETURN(result.context, model.Encode(prompt, options));
  const TokenIds& own = result.context;
  for (size_t i = 0; i < labels.texts.size(); ++i) {
    // White space that moves would make it a label.
    if (labels.texts[i].empty()) return NoTokenOfItsOwn(labels, i);
    absl::StatusOr<TokenIds> whole = model.Encode(StrCat(prompt, labels.texts[i]), options);
    if (!whole.ok()) return FollowingError(labels, i, whole.status());
    if (whole->size() <= own.size() || !std::equal(own.begin(), own.end(), whole->begin())) {
      return std::nullopt;
    }
    result.continuations.emplace_back(whole->begin() + static_cast<ptrdiff_t>(own.size()),
                                      whole->end());
  }
  if (own.empty()) {
    SOTTO_ASSIGN_OR_RETURN(result.context, EmptyContext(model));
  }
  return result;
}

absl::StatusOr<ContinuationIds> EncodeAllLabels(const Model& model, std::string_view prompt,
                                                const Following& labels,
                                                const EncodeTextOptions& options) {
  SOTTO_ASSIGN_OR_RETURN(std::optional<ContinuationIds> behind,
                         EncodeBehind(model, prompt, labels, options));
  if (behind.has_value()) return *std::move(behind);
  return EncodeAll(model, prompt, labels, options);
}

}  // namespace

absl::StatusOr<ContinuationIds> EncodeContinuations(const Model& model, std::string_view context,
                                                    std::span<const std::string> continuations,
                                                    const EncodeTextOptions& options) {
  return Guarded([&] {
    return EncodeAll(model, context, {continuations, "continuation"}, GoingOn(options));
  });
}

absl::StatusOr<ContinuationIds> EncodeLabels(const Model& model, std::string_view prompt,
                                             std::span<const std::string> labels,
                                             const EncodeTextOptions& options) {
  return Guarded([&] {
    return EncodeAllLabels(model, prompt, {labels, "label"}, GoingOn(options));
  });
}

}  // namespace sotto
