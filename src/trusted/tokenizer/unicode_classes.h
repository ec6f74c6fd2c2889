// Classes of characters as the reference's engines know them: Oniguruma (Unicode 16) for regular
// expressions, and Rust's for the steps that have none. PCRE2 knows Unicode 14, counts U+180E as
// white space and a word's characters otherwise.
#ifndef SOTTO_TRUSTED_TOKENIZER_UNICODE_CLASSES_H_
#define SOTTO_TRUSTED_TOKENIZER_UNICODE_CLASSES_H_

#include <optional>
#include <string>
#include <string_view>

namespace sotto {

// In PCRE2's spelling, to stand between brackets.
struct CharacterSet {
  std::string members;
  std::string except;  // what of `members` does not belong to it; mostly nothing

  bool operator==(const CharacterSet&) const = default;
};

// The class that \p{NAME} names: a general category, short or long; a script; a binary property;
// Any or Assigned; a class of POSIX. Case, spaces and underscores do not count. nullopt: no name.
std::optional<CharacterSet> PropertySet(std::string_view name);

// The class of [:NAME:]; nullopt: no such class.
std::optional<CharacterSet> PosixSet(std::string_view name);

// The class of the escape \LETTER, in lower case: d, h, s or w; nullopt: another.
std::optional<CharacterSet> EscapeSet(char letter);
// What Oniguruma takes \w, \p{Word} and a word that \b delimits, for outside of brackets: there it
// counts Latin-1's superscripts and fractions, too.
CharacterSet WordOutsideBrackets();

// Rust's classes, as expressions between brackets.
std::string RustWordMembers();         // \w of its crate `regex`
std::string RustNumericMembers();      // char::is_numeric()
std::string RustPunctuationPattern();  // ASCII's, and those of its crate `unicode_categories`

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_UNICODE_CLASSES_H_
