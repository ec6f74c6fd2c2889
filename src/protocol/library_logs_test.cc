#include "protocol/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sotto {
namespace {

using testing::ElementsAre;

std::vector<std::string>& Lines() {
  static std::vector<std::string> lines;
  return lines;
}

TEST(LibraryLogsTest, ErrorsGoToTheSinkWithoutWhatATerminalWouldInterpret) {
  RouteLibraryLogs([](std::string_view line) { Lines().emplace_back(line); });
  testing::internal::CaptureStderr();
  gpr_log(GPR_ERROR, "refused \x1b[31mred\x1b[0m\nnext %d", 7);
  gpr_log(GPR_INFO, "only for developers");
  GOOGLE_LOG(ERROR) << "a field \xc2\x9b"
                    << "2J";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_THAT(Lines(), ElementsAre("grpc: refused ?[31mred?[0m?next 7", "protobuf: a field ??2J"));
}

TEST(LibraryLogsTest, LinesAreCut) {
  EXPECT_LT(TidyLogLine("grpc", std::string(100'000, 'x')).size(), 1100u);
}

}  // namespace
}  // namespace sotto
