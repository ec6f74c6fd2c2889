// Which row of a fixed shape is a prompt's last one does not show in memory accesses.
#include <gtest/gtest.h>

#include <string>

#include "testing/memory_trace.h"

namespace sotto {
namespace {

TEST(FixedShapeTraceTest, TheLastRowIsReadLikeEveryOther) {
  if (!HasValgrind()) GTEST_SKIP() << "no valgrind";
  EXPECT_TRUE(TracesMeet("fixed_shape_probe oblivious 0003", "fixed_shape_probe oblivious 0039"));
  // The test can fail: a copy of the row tells.
  EXPECT_NE(TraceHash("fixed_shape_probe direct 0003"), TraceHash("fixed_shape_probe direct 0039"));
}

}  // namespace
}  // namespace sotto
