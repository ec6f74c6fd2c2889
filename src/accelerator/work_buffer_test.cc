#include "accelerator/work_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "accelerator/devices/cpu_device.h"
#include "testing/seed_expanding_device.h"

namespace sotto {
namespace {

// 64-byte aligned and writable to its end.
void ExpectUsable(WorkBuffer& buffer, size_t size) {
  buffer.Resize(size);
  ASSERT_EQ(buffer.bytes().size(), size);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.bytes().data()) % 64, 0u);
  std::fill(buffer.bytes().begin(), buffer.bytes().end(), uint8_t{1});
}

TEST(WorkBuffer, IsOfTheDevicesOwnMemoryWhileThereIsAny) {
  SeedDeviceCounts counts;
  SeedExpandingDevice device(counts);
  WorkBuffer buffer(device);
  ExpectUsable(buffer, 1000);
  ExpectUsable(buffer, 10);  // Fits what there is.
  EXPECT_EQ(counts.pinned, 1);
  ExpectUsable(buffer, 2000);
  EXPECT_EQ(counts.pinned, 2);
  ExpectUsable(buffer, 5000);  // The device refuses.
  EXPECT_EQ(counts.pinned, 3);
}

TEST(WorkBuffer, IsOrdinaryMemoryOtherwise) {
  const std::unique_ptr<Device> device = MakeCpuDevice({.threads = 1});
  WorkBuffer buffer(*device);
  ExpectUsable(buffer, 1000);
  WorkBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.bytes().size(), 1000u);
}

}  // namespace
}  // namespace sotto
