#include "accelerator/devices/device_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto {
namespace {

absl::StatusCode OpenCode(std::string_view name) { return OpenDevice(name, {}).status().code(); }

TEST(DeviceRegistry, OpensTheCpuByEitherName) {
  for (const char* name : {"cpu", "cpu:0"}) {
    const auto device = OpenDevice(name, {.threads = 1});
    ASSERT_TRUE(device.ok()) << device.status();
    EXPECT_EQ((*device)->name(), "cpu");
  }
  EXPECT_EQ(PresentDevices().front(), "cpu");
}

TEST(DeviceRegistry, RefusesBadNames) {
  for (const char* name : {"cpu:", "cpu:x", "cpu:-1", "cpu:1x", "cpu:99999999999"}) {
    EXPECT_EQ(OpenCode(name), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(OpenCode("abacus:0"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenCode(""), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenCode("cpu:1"), absl::StatusCode::kFailedPrecondition);
}

TEST(DeviceRegistry, SaysWhatThereIs) {
  for (const char* name : {"gpu", "cpu:x"}) {
    const std::string message(OpenDevice(name, {}).status().message());
    EXPECT_THAT(message, testing::HasSubstr("kinds in this build: cpu opencl"));
    EXPECT_THAT(message, testing::HasSubstr("; devices found: cpu"));
  }
  EXPECT_EQ(std::string(OpenDevice("cpu:1", {}).status().message())
                .find("device \"cpu:1\" was not found; devices found: cpu"),
            0u);
}

#ifdef SOTTO_HAVE_CUDA
TEST(DeviceRegistry, SaysWhyThereIsNoCudaDevice) {
  for (const std::string& name : PresentDevices()) {
    if (name.starts_with("cuda")) GTEST_SKIP() << "SKIPPED: there is " << name;
  }
  const absl::Status status = OpenDevice("cuda:0", {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              testing::MatchesRegex(
                  "device \"cuda:0\" was not found: .*NVIDIA driver.*; devices found: cpu.*"));
}
#endif

TEST(DeviceRegistry, RefusesNoDeviceAndTheSameTwice) {
  EXPECT_EQ(OpenDevices({}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  const std::vector<std::string> twice = {"cpu", "cpu:0"};
  EXPECT_EQ(OpenDevices(twice, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sotto
