#include "cli/setting.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "cli/command.h"
#include "model/printable.h"

namespace sotto {
namespace {

std::string VariableValue(const std::string& name) {
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string HelpText(const SettingSpec& spec) {
  std::string help = spec.help;
  const std::string& shown = spec.shown_default.empty() ? spec.default_value : spec.shown_default;
  if (!shown.empty()) help += StrCat(" (", shown, ")");
  if (!spec.variable.empty()) help += StrCat(" [", spec.variable, "]");
  return help;
}

// Without the blanks around it.
std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string Join(std::span<const std::string_view> words) {
  std::string joined;
  for (const std::string_view word : words) {
    joined += StrCat(joined.empty() ? "" : word == words.back() ? " or " : ", ", word);
  }
  return joined;
}

}  // namespace

Setting::Setting(CLI::App& app, SettingSpec spec)
    : spec_(std::move(spec)),
      // No target: results() below are the user's bytes, not what CLI11 makes of "{}" or "[a,b]".
      option_(app.add_option(
          spec_.flag, [](const CLI::results_t&) { return true; }, HelpText(spec_))) {
  option_->type_name(spec_.placeholder)->type_size(1)->expected(1);
}

void Setting::AllowRepeats() {
  option_->expected(1, std::numeric_limits<int>::max())->allow_extra_args(false);
}

bool Setting::given_by_flag() const { return option_->count() > 0; }

bool Setting::given() const { return given_by_flag() || !VariableValue(spec_.variable).empty(); }

std::string Setting::value() const {
  if (given_by_flag()) return option_->results().back();
  std::string from_variable = VariableValue(spec_.variable);
  return from_variable.empty() ? spec_.default_value : from_variable;
}

std::vector<std::string> Setting::List() const {
  if (given_by_flag()) return option_->results();
  const std::string text = value();
  if (text.empty()) return {};
  std::vector<std::string_view> parts = SplitCommas(text);
  if (parts.back().empty()) parts.pop_back();  // A comma at the end parts nothing.
  return {parts.begin(), parts.end()};
}

const std::string& Setting::source() const {
  return !given_by_flag() && given() ? spec_.variable : spec_.flag;
}

absl::StatusOr<int64_t> Setting::Integer(int64_t min, int64_t max) const {
  const std::string text = value();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return UsageError(
        StrCat(source(), ": ", Printable(text), " is not a whole number from ", min, " to ", max));
  }
  return number;
}

absl::StatusOr<size_t> Setting::Choice(std::span<const std::string_view> choices) const {
  const std::string text = value();
  for (size_t i = 0; i < choices.size(); ++i) {
    if (text == choices[i]) return i;
  }
  return UsageError(StrCat(source(), ": ", Printable(text), " is not one of ", Join(choices)));
}

CLI::Option* AddSwitch(CLI::App& app, const std::string& flag, const std::string& help) {
  // "--no-tls=false" would otherwise count as given.
  return app.add_flag(flag, help)->disable_flag_override();
}

std::string InputPath(const std::string& value) { return value == "-" ? "/dev/stdin" : value; }

std::string OutputPath(const std::string& value) { return value == "-" ? "/dev/stdout" : value; }

std::vector<std::string_view> SplitCommas(std::string_view list) {
  std::vector<std::string_view> parts;
  for (size_t end; (end = list.find(',')) != std::string_view::npos; list.remove_prefix(end + 1)) {
    parts.push_back(Trim(list.substr(0, end)));
  }
  parts.push_back(Trim(list));
  return parts;
}

}  // namespace sotto
