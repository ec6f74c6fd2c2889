#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/prefill_backend.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::Not;

// Whatever the machine: more than any has.
TEST(LocalBackendTest, ABatchThatDoesNotFitSaysWhichFlagMadeIt) {
  const Checkpoint checkpoint = *Checkpoint::Open(ShippedModelDir());
  const PrefillOptions options;
  ThreadPool pool(1);
  const auto backend = MakeLocalBackend(checkpoint, options, pool, 0);
  const auto refusal = [&](const EngineOptions& engine) {
    const absl::Status status = backend->MakeEngine(engine).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    return std::string(status.message());
  };
  const std::string hint = "a smaller --batch-size needs less";
  EXPECT_THAT(refusal({.batch_size = size_t{1} << 30, .prefill_length = 1024}), HasSubstr(hint));
  EXPECT_THAT(refusal({.batch_size = 1, .prefill_length = size_t{1} << 40}), Not(HasSubstr(hint)));
}

}  // namespace
}  // namespace sotto
