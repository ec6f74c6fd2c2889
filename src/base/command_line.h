// How the programs look to whoever calls them, over CLI11: help texts and errors in one wording.
// Header-only, so that what has no command line needs no CLI11.
#ifndef SOTTO_BASE_COMMAND_LINE_H_
#define SOTTO_BASE_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/closest_word.h"
#include "base/strings.h"

namespace sotto {

// "--flag VALUE   What it does (default) [VARIABLE]".
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    return CLI::detail::find_and_replace(CLI::Formatter::make_help(app, std::move(name), mode),
                                         "\n\n\n", "\n\n");
  }
  // CLI11 adds what --no-x sets: "{false}".
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    return CLI::detail::find_and_replace(CLI::Formatter::make_option_name(option, is_positional),
                                         "{false}", "");
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0 || option->get_positional()) return "";
    const std::string type = option->get_type_name();  // And, behind a colon, what is checked.
    return " " + type.substr(0, type.find(':'));
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    std::string shown = option->get_default_str();
    if (shown.starts_with('[') && shown.ends_with(']')) shown = shown.substr(1, shown.size() - 2);
    if (!shown.empty()) text += StrCat(" (", shown, ")");
    if (!option->get_envname().empty()) text += StrCat(" [", option->get_envname(), "]");
    return text;
  }
};

// "; did you mean --model?" for a flag or command that `app` does not have, or nothing.
inline std::string DidYouMean(const CLI::App& app, std::string_view word) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(command->get_name());
  }
  const std::string closest = ClosestWord(word, known);
  return closest.empty() ? "" : StrCat("; did you mean ", closest, "?");
}

// CLI11's "--model: 1 required DIR:CHECK missing" and "--model: At Most 1 required but received 2"
// in words.
inline std::string DescribeParseError(const CLI::ParseError& error) {
  const std::string text = error.what();
  constexpr std::string_view kRepeated = ": At Most 1 required but received ";
  if (const size_t repeated = text.find(kRepeated); repeated != std::string::npos) {
    const std::string times = text.substr(repeated + kRepeated.size());
    return StrCat(text.substr(0, repeated), ": is given ",
                  times == "2" ? "twice" : StrCat(times, " times"));
  }
  constexpr std::string_view kRequired = ": 1 required ", kMissing = " missing";
  const size_t at = text.find(kRequired);
  if (at == std::string::npos || !text.ends_with(kMissing)) return text;
  std::string type = text.substr(at + kRequired.size());
  type.resize(std::min(type.find(':'), type.size() - kMissing.size()));
  return StrCat(text.substr(0, at), ": needs a value, ", type);
}

}  // namespace sotto

#endif  // SOTTO_BASE_COMMAND_LINE_H_
