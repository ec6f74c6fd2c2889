// A flag that an environment variable may stand in for: the flag beats the variable, the variable
// beats the default, and an empty variable counts as unset. Errors name whichever the user wrote.
#ifndef SOTTO_CLI_SETTING_H_
#define SOTTO_CLI_SETTING_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

struct SettingSpec {
  std::string flag = {};         // "--prefill-length"
  std::string placeholder = {};  // What the help shows as its value: "N", "FILE".
  std::string help = {};      // One sentence, no full stop. Variable and default are added to it.
  std::string variable = {};  // "LLAMA_PREFILL_LENGTH", or none.
  std::string default_value = {};
  std::string shown_default = {};  // In the help, where `default_value` is not what to show.
};

// The accessors are for after app.parse(); `app` must outlive the Setting.
class Setting {
 public:
  Setting(CLI::App& app, SettingSpec spec);

  std::string value() const;
  // The flag, or the variable when the value came from there.
  const std::string& source() const;
  // All values of a repeated flag; those that commas part in a variable or default.
  std::vector<std::string> List() const;
  // By flag or variable.
  bool given() const;
  bool given_by_flag() const;

  // UsageError naming source(), unless the value is a decimal number in [min, max].
  absl::StatusOr<int64_t> Integer(int64_t min, int64_t max) const;
  // UsageError naming source(), unless the value is one of `choices`; its index.
  absl::StatusOr<size_t> Choice(std::span<const std::string_view> choices) const;

  CLI::Option* option() const { return option_; }
  // The flag may stand several times, with one value each: List() has them all.
  void AllowRepeats();

 private:
  SettingSpec spec_;
  CLI::Option* option_;
};

// A flag without a value; count() says whether it was given.
CLI::Option* AddSwitch(CLI::App& app, const std::string& flag, const std::string& help);

// Files: "-" stands for the standard stream, as in most programs.
std::string InputPath(const std::string& value);
std::string OutputPath(const std::string& value);

// "a, ,b" -> "a", "", "b": without the blanks around each. Views into `list`.
std::vector<std::string_view> SplitCommas(std::string_view list);

}  // namespace sotto

#endif  // SOTTO_CLI_SETTING_H_
