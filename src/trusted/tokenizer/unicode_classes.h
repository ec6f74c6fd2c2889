// Makes PCRE2's character classes those of the reference. Debian's PCRE2 knows Unicode 14; the
// reference's regex engine knows Unicode 16, and does not count U+180E as white space.
#ifndef SOTTO_TRUSTED_TOKENIZER_UNICODE_CLASSES_H_
#define SOTTO_TRUSTED_TOKENIZER_UNICODE_CLASSES_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

// Rewrites \p{L}, \p{N}, \s and their negations in `pattern` into explicit classes with the
// characters that Unicode 15, 15.1 and 16 added. UNIMPLEMENTED, naming it, for any other class
// escape or a nested class: their meaning may differ between the two engines. Takes no decision on
// the pattern's syntax otherwise.
absl::StatusOr<std::string> WithCurrentClasses(std::string_view pattern);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_UNICODE_CLASSES_H_
