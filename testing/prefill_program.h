// `sotto prefill` run as a process in a directory of its own, for tests of what it writes and of
// what it refuses. Test-only.
#ifndef SOTTO_TESTING_PREFILL_PROGRAM_H_
#define SOTTO_TESTING_PREFILL_PROGRAM_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "testing/run_program.h"
#include "testing/temp_dir.h"

namespace sotto {

// Exit codes.
inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;

inline size_t FileCount(const std::string& dir) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(dir), {}));
}

// What a run outside a TEE says before it reads a prompt.
inline constexpr char kNoTee[] =
    "sotto: warning: not in a TEE: nothing is protected from this machine's host\n";

// What a run said beside that, and beside the line on what was done: "sotto: 2 prompts, ...", or
// rows where padding is computed.
inline std::string UnusualMessages(const std::string& err) {
  std::string unusual;
  std::istringstream lines(err);
  for (std::string line; std::getline(lines, line);) {
    const bool done =
        line.starts_with("sotto: ") && std::isdigit(line[7]) != 0 &&
        (line.find(" prompt") != std::string::npos || line.find(" row") != std::string::npos);
    if (!done && line + "\n" != kNoTee) unusual += line + "\n";
  }
  return unusual;
}

// Runs `sotto prefill` in an empty directory, and checks all that every refusal has in common.
inline void ExpectRefusal(const std::vector<std::string>& flags, int exit_code,
                          const std::string& names, ProgramOptions options = {}) {
  const TempDir dir;
  if (options.working_dir == ".") options.working_dir = dir.path();
  const size_t files_before = FileCount(options.working_dir);
  std::vector<std::string> arguments = {"prefill"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const ProgramResult run = RunProgram("sotto", arguments, options);
  EXPECT_EQ(run.exit_code, exit_code) << run.err;
  EXPECT_EQ(run.out, "");
  const std::string err = UnusualMessages(run.err);
  EXPECT_THAT(err, testing::StartsWith("sotto: error: "));
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << run.err;
  EXPECT_THAT(err, testing::HasSubstr(names));
  EXPECT_EQ(FileCount(options.working_dir), files_before);
}

class PrefillTest : public testing::Test {
 protected:
  ProgramResult Sotto(std::vector<std::string> arguments,
                      std::map<std::string, std::string> environment = {}) {
    arguments.insert(arguments.begin(), "prefill");
    return RunProgram("sotto", arguments,
                      {.working_dir = dir_.path(), .environment = std::move(environment)});
  }
  // A run that must succeed, and its result file.
  nlohmann::json Result(const std::vector<std::string>& arguments,
                        std::map<std::string, std::string> environment = {},
                        const std::string& file = "tee_only_results.json") {
    const ProgramResult run = Sotto(arguments, std::move(environment));
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(UnusualMessages(run.err), "");
    return run.exit_code == 0 ? nlohmann::json::parse(dir_.Read(file)) : nlohmann::json();
  }
  std::vector<nlohmann::json> Lines(const std::string& file) {
    std::vector<nlohmann::json> lines;
    std::istringstream in(dir_.Read(file));
    for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  size_t FileCount() const { return sotto::FileCount(dir_.path()); }

  TempDir dir_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_PREFILL_PROGRAM_H_
