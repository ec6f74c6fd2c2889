#include "trusted/tokenizer/unicode_classes.h"

#include <optional>

#include "base/strings.h"

namespace sotto {
namespace {

// Letters and numbers assigned in Unicode 15.0, 15.1 and 16.0 (DerivedGeneralCategory.txt). Naming
// them again to a PCRE2 that knows them changes nothing.
constexpr std::string_view kLetters =
    "\\p{L}\\x{1c89}\\x{1c8a}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{105c0}-\\x{105f3}"
    "\\x{10d4a}-\\x{10d65}\\x{10d6f}-\\x{10d85}\\x{10ec2}-\\x{10ec4}\\x{1123f}\\x{11240}"
    "\\x{11380}-\\x{11389}\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}\\x{113d1}\\x{113d3}"
    "\\x{11bc0}-\\x{11be0}\\x{11f02}\\x{11f04}-\\x{11f10}\\x{11f12}-\\x{11f33}\\x{1342f}"
    "\\x{13441}-\\x{13446}\\x{13460}-\\x{143fa}\\x{16100}-\\x{1611d}\\x{16d40}-\\x{16d6c}"
    "\\x{18cff}\\x{1b132}\\x{1b155}\\x{1df25}-\\x{1df2a}\\x{1e030}-\\x{1e06d}\\x{1e4d0}-\\x{1e4eb}"
    "\\x{1e5d0}-\\x{1e5ed}\\x{1e5f0}\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}";
constexpr std::string_view kNumbers =
    "\\p{N}\\x{10d40}-\\x{10d49}\\x{116d0}-\\x{116e3}\\x{11bf0}-\\x{11bf9}\\x{11f50}-\\x{11f59}"
    "\\x{16130}-\\x{16139}\\x{16d70}-\\x{16d79}\\x{1ccf0}-\\x{1ccf9}\\x{1d2c0}-\\x{1d2d3}"
    "\\x{1e4f0}-\\x{1e4f9}\\x{1e5f1}-\\x{1e5fa}";
// The White_Space property.
constexpr std::string_view kSpaces =
    "\\t-\\r\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"
    "\\x{3000}";

struct ClassEscape {
  std::string_view spelling, members;
  bool negated;
};
constexpr ClassEscape kClassEscapes[] = {
    {"\\p{L}", kLetters, false}, {"\\p{N}", kNumbers, false}, {"\\s", kSpaces, false},
    {"\\P{L}", kLetters, true},  {"\\P{N}", kNumbers, true},  {"\\S", kSpaces, true},
};

const ClassEscape* FindClassEscape(std::string_view rest) {
  for (const ClassEscape& escape : kClassEscapes) {
    if (rest.starts_with(escape.spelling)) return &escape;
  }
  return nullptr;
}

// Escapes that both engines read as the same one character.
bool IsCharacterEscape(char c) {
  const bool alphanumeric =
      (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return !alphanumeric || c == 'r' || c == 'n' || c == 't' || c == 'f' || c == 'x';
}

absl::Status Unsupported(std::string_view escape) {
  return absl::UnimplementedError(
      StrCat("regular expression uses ", escape, "; supported are \\p{L}, \\p{N} and \\s"));
}

std::string_view EscapeName(std::string_view rest) {
  const bool property = rest.starts_with("\\p{") || rest.starts_with("\\P{");
  const size_t brace = property ? rest.find('}') : std::string_view::npos;
  return rest.substr(0, brace < 20 ? brace + 1 : 2);
}

}  // namespace

absl::StatusOr<std::string> WithCurrentClasses(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size();) {
    const std::string_view rest = pattern.substr(i);
    if (const ClassEscape* escape = FindClassEscape(rest)) {
      if (in_class && escape->negated) return Unsupported(StrCat(escape->spelling, " in a class"));
      if (in_class) {
        out.append(escape->members);
      } else {
        out.append(StrCat(escape->negated ? "[^" : "[", escape->members, "]"));
      }
      i += escape->spelling.size();
    } else if (rest[0] == '\\') {
      if (rest.size() < 2 || !IsCharacterEscape(rest[1])) return Unsupported(EscapeName(rest));
      out.append(rest.substr(0, 2));
      i += 2;
    } else {
      if (in_class && (rest[0] == '[' || rest.starts_with("&&"))) {
        return Unsupported("a nested class");
      }
      if (rest[0] == '[') in_class = true;
      if (rest[0] == ']') in_class = false;
      out.push_back(rest[0]);
      ++i;
    }
  }
  return out;
}

}  // namespace sotto
