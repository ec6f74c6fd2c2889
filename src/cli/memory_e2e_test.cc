// Memory that is short, as an enclave's is: the size is fixed, and what lies beyond it is not
// given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "testing/prefill_program.h"

namespace sotto {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr uint64_t kMegabyte = 1'000'000;

// From what does not suffice for the program's own start to what is plenty. Wherever memory ends,
// the run ends with one line, and never with a signal.
TEST_F(PrefillTest, WhereverMemoryEndsTheRunEndsWithOneLine) {
  size_t refused = 0, succeeded = 0;
  for (uint64_t megabytes = 60; megabytes <= 900; megabytes += megabytes < 400 ? 20 : 100) {
    SCOPED_TRACE(megabytes);
    const ProgramResult run = RunProgram(
        "sotto", {"prefill", "--threads", "2", "--precision", "f32", "--output", "r.json"},
        {.working_dir = dir_.path(), .address_space_limit_bytes = megabytes * kMegabyte});
    if (run.exit_code == 127 || run.err.find("error while loading shared") != std::string::npos) {
      continue;  // The program's own libraries did not fit.
    }
    if (run.exit_code == 0) {
      ++succeeded;
      continue;
    }
    ++refused;
    EXPECT_EQ(run.exit_code, kFailure) << run.err;
    const std::string error =
        run.err.starts_with(kNoTee) ? run.err.substr(strlen(kNoTee)) : run.err;
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << error;
    EXPECT_THAT(error, AnyOf(HasSubstr("of memory; "), HasSubstr("out of memory"),
                             HasSubstr("the system does not give "), HasSubstr("cannot map: "),
                             HasSubstr("cannot start a thread: ")));
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(succeeded, 0u);
}

}  // namespace
}  // namespace sotto
