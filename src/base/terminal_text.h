// Text from outside on its way to a terminal.
#ifndef SOTTO_BASE_TERMINAL_TEXT_H_
#define SOTTO_BASE_TERMINAL_TEXT_H_

#include <string>
#include <string_view>

namespace sotto {

// `text` with '?' for all that could move the terminal's cursor, change its state, or the order or
// the looks of what is read: control characters (C0, DEL and C1; line breaks and tabs become
// blanks), bidirectional controls, invisible characters, line and paragraph separators, and what is
// not UTF-8.
std::string TerminalText(std::string_view text);

}  // namespace sotto

#endif  // SOTTO_BASE_TERMINAL_TEXT_H_
