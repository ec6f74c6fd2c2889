#include "base/descriptor_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

namespace sotto {
namespace {

// A lower limit while it lives.
class LowDescriptorLimit {
 public:
  explicit LowDescriptorLimit(rlim_t limit) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit low = before_;
    low.rlim_cur = limit;
    setrlimit(RLIMIT_NOFILE, &low);
  }
  ~LowDescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  const rlimit& before() const { return before_; }

 private:
  rlimit before_{};
};

TEST(DescriptorLimitTest, IsRaisedToTheHardOne) {
  const LowDescriptorLimit low(100);
  EXPECT_EQ(DescriptorLimit(), 100u);
  RaiseDescriptorLimit();
  EXPECT_EQ(DescriptorLimit(), low.before().rlim_max);
}

TEST(DescriptorLimitTest, TryingSaysHowManyTheSystemGives) {
  EXPECT_EQ(TryDescriptors(0), absl::OkStatus());
  EXPECT_EQ(TryDescriptors(16), absl::OkStatus());
  const LowDescriptorLimit low(100);
  for (int i = 0; i < 2; ++i) {  // It keeps none.
    const absl::Status status = TryDescriptors(100);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(status.message()),
                testing::MatchesRegex("connections need 100 more file descriptors, but only [0-9]+ "
                                      "could be opened: Too many open files .the limit on open "
                                      "files is 100."));
    EXPECT_EQ(TryDescriptors(16), absl::OkStatus());
  }
}

}  // namespace
}  // namespace sotto
