// Regular expressions of tokenizer.json are Oniguruma's, in Ruby's syntax; ours are PCRE2's.
#ifndef SOTTO_TRUSTED_TOKENIZER_PATTERN_TRANSLATION_H_
#define SOTTO_TRUSTED_TOKENIZER_PATTERN_TRANSLATION_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

// The expression as PCRE2 must see it (with PCRE2_MULTILINE: ^ and $ always match at lines in
// Ruby's syntax), so that it matches what the reference's does. UNIMPLEMENTED, naming it, for what
// may mean something else in PCRE2. INVALID_ARGUMENT for what PCRE2 would take and Oniguruma
// refuses: quantifiers of look-arounds and anchors, and what it does not want in a look-behind.
// Takes no decision on the syntax otherwise: PCRE2 does.
absl::StatusOr<std::string> ToPcre2(std::string_view pattern);

// `text`, to be matched as it is.
std::string EscapedPattern(std::string_view text);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_PATTERN_TRANSLATION_H_
