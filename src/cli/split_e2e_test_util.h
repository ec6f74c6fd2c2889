// `sotto prefill` on the shipped model in a directory of its own.
#ifndef SOTTO_CLI_SPLIT_E2E_TEST_UTIL_H_
#define SOTTO_CLI_SPLIT_E2E_TEST_UTIL_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "testing/reference_tensors.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"

namespace sotto {

using Arguments = std::vector<std::string>;

inline Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class SplitTest : public testing::Test {
 protected:
  ProgramResult Sotto(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "prefill");
    return RunProgram("sotto", arguments, {.working_dir = dir_.path()});
  }
  // The logits of two prompts of different lengths.
  std::vector<float> Logits(const std::string& name, std::vector<std::string> arguments) {
    const std::vector<std::string> common = {
        "--prompt",      "In the beginning",    "--prompt",         "God said unto Moses",
        "--output",      name + ".json",        "--prefill-length", "24",
        "--save-logits", name + ".safetensors", "--batch-size",     "2"};
    arguments.insert(arguments.end(), common.begin(), common.end());
    const ProgramResult run = Sotto(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    if (run.exit_code != 0) return {};
    return ReadReferenceTensors(dir_.File(name + ".safetensors")).at("logits").As<float>();
  }
  nlohmann::json Result(const std::string& name) {
    return nlohmann::json::parse(dir_.Read(name + ".json"));
  }
  nlohmann::json Detail(const std::string& name) { return Result(name).at("mode_detail"); }
  void ExpectRefusal(const std::vector<std::string>& arguments, int exit_code,
                     const std::string& names) {
    const ProgramResult run = Sotto(arguments);
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    EXPECT_THAT(run.err, testing::HasSubstr(names));
    EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
  }

  TempDir dir_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SPLIT_E2E_TEST_UTIL_H_
