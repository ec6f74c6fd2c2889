#include "cli/process_info.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sotto {
namespace {

// Closed by whoever started the program: no file takes its number, and printing is an error.
TEST(ProcessInfoDeathTest, ClosedStandardDescriptorsAreReserved) {
  EXPECT_EXIT(
      {
        close(STDOUT_FILENO);
        ReserveStandardDescriptors();
        const int file = open("/dev/null", O_WRONLY);
        _exit(file > STDERR_FILENO && write(STDOUT_FILENO, "x", 1) < 0 ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace sotto
