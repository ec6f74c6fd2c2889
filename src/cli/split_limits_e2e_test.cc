// Limits of the system that leave gRPC too little to run: one line, in time, and never a signal.
#include <algorithm>
#include <string>
#include <vector>

#include "cli/split_e2e_test_util.h"
#include "testing/accelerator_process.h"
#include "testing/sanitizer.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMegabyte = 1'000'000;

class LimitsTest : public SplitTest {
 protected:
  ProgramResult Run(ProgramOptions limits) {
    limits.working_dir = dir_.path();
    return RunProgram("sotto",
                      {"prefill", "--split", "--accelerator", server_.address(), "--data-plane",
                       "grpc", "--prompt", "abc", "--prefill-length", "16", "--threads", "2",
                       "--timeout", "3", "--output", "result.json"},
                      limits);
  }

  const AcceleratorProcess server_{Arguments{"--formats", "ring"}};
};

TEST_F(LimitsTest, TooFewDescriptorsForASession) {
  const ProgramResult run = Run({.descriptor_limit = 12});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("connections need 16 more file descriptors, but only "));
  EXPECT_THAT(run.err, HasSubstr("the limit on open files is 12"));
}

TEST_F(LimitsTest, TooFewDescriptorsForAServer) {
  const ProgramResult run =
      RunProgram("sotto-accelerator", {"--model", ShippedModelDir(), "--listen", "127.0.0.1:0"},
                 {.descriptor_limit = 16});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("connections need 32 more file descriptors, but only "));
  EXPECT_THAT(run.err, HasSubstr("the limit on open files is 16"));
}

// From what does not suffice for the program's own threads to what is plenty. Between them, gRPC
// gets some of its threads and not the others. How much is plenty depends on which threads allocate
// before others have ended: each may reserve 128 MB for its heap.
TEST_F(LimitsTest, WhereverAddressSpaceEndsTheRunEnds) {
  if (kUnderSanitizer) GTEST_SKIP() << "sanitizers take much address space of their own";
  std::vector<uint64_t> limits = {750, 1000, 8000};
  for (uint64_t megabytes = 240; megabytes <= 500; megabytes += 20) limits.push_back(megabytes);
  size_t refused = 0, succeeded = 0;
  for (const uint64_t megabytes : limits) {
    SCOPED_TRACE(megabytes);
    const ProgramResult run = Run({.address_space_limit_bytes = megabytes * kMegabyte});
    if (run.exit_code == 0) {
      ++succeeded;
      continue;
    }
    ++refused;
    EXPECT_EQ(run.exit_code, 1) << run.err;
    EXPECT_LE(std::count(run.err.begin(), run.err.end(), '\n'), 2)
        << run.err;  // And "not in a TEE".
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(succeeded, 0u);
}

}  // namespace
}  // namespace sotto
