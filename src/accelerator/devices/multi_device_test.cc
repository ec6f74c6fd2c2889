#include "accelerator/devices/multi_device.h"

#include <gtest/gtest.h>

#include <thread>

#include "accelerator/devices/cpu_device.h"
#include "base/strings.h"
#include "kernels/tiled_product.h"
#include "testing/forwarding_device.h"
#include "testing/seed_expanding_device.h"

namespace sotto {
namespace {

TEST(SplitColumns, FollowsTheSpeeds) {
  EXPECT_EQ(SplitColumns(160, std::vector<double>{1.0, 1.0}), (std::vector<size_t>{80, 160}));
  EXPECT_EQ(SplitColumns(1600, std::vector<double>{1.0, 9.0}), (std::vector<size_t>{160, 1600}));
  EXPECT_EQ(SplitColumns(100, std::vector<double>{5.0}), (std::vector<size_t>{100}));
  EXPECT_EQ(SplitColumns(100, std::vector<double>{1.0, 1e-6}), (std::vector<size_t>{96, 100}));
}

TEST(SplitColumns, LosesNoColumnHoweverFew) {
  for (size_t columns : {0, 1, 7, 16, 17, 1000}) {
    for (double ratio : {1e-9, 0.3, 1.0, 1e9}) {
      const std::vector<size_t> ends = SplitColumns(columns, std::vector<double>{1.0, ratio, 1.0});
      ASSERT_EQ(ends.size(), 3u);
      EXPECT_LE(ends[0], ends[1]);
      EXPECT_LE(ends[1], ends[2]);
      EXPECT_EQ(ends[2], columns);
    }
  }
}

// Answers like the cpu until it is told to fail.
class FailingDevice : public ForwardingDevice {
 public:
  explicit FailingDevice(const bool* fail)
      : ForwardingDevice(MakeCpuDevice({.threads = 1})), fail_(fail) {}
  std::string name() const override { return "failing"; }
  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    if (*fail_) return absl::ResourceExhaustedError("out of memory");
    return ForwardingDevice::MultiplyRing(weights, x, y);
  }

 private:
  const bool* fail_;
};

struct Fixture {
  Fixture() {
    for (size_t i = 0; i < w.view().size(); ++i)
      w.view().data()[i] = static_cast<int16_t>(i * 37 % 4095 - 2047);
    for (size_t i = 0; i < x.view().size(); ++i) {
      x.view().data()[i] = static_cast<uint32_t>(i) * 2654435761u;
    }
    MultiplyRingPortable(x.view(), w.view(), truth.view());
  }
  Matrix<int16_t> w{333, 65};
  Matrix<uint32_t> x{9, 65}, truth{9, 333};
};

bool Equal(const Matrix<uint32_t>& a, const Matrix<uint32_t>& b) {
  return std::equal(a.view().data(), a.view().data() + a.view().size(), b.view().data());
}

std::vector<std::unique_ptr<Device>> CpuDevices(size_t count, int threads) {
  std::vector<std::unique_ptr<Device>> devices(count);
  for (auto& device : devices) device = MakeCpuDevice({.threads = threads});
  return devices;
}

TEST(MultiDevice, AnyNumberOfDevicesGivesTheSameBits) {
  const Fixture f;
  for (size_t count = 1; count <= 4; ++count) {
    const auto device = MakeMultiDevice(CpuDevices(count, 1));
    ASSERT_TRUE(device.ok());
    const auto weights = (*device)->LoadRing(f.w.view());
    ASSERT_TRUE(weights.ok());
    Matrix<uint32_t> y(9, 333);
    ASSERT_TRUE((*device)->MultiplyRing(**weights, f.x.view(), y.view()).ok());
    EXPECT_TRUE(Equal(y, f.truth)) << count;
  }
}

TEST(MultiDevice, AFailureNamesItsDevice) {
  const Fixture f;
  bool fail = false;
  std::vector<std::unique_ptr<Device>> devices;
  devices.push_back(MakeCpuDevice({.threads = 1}));
  devices.push_back(std::make_unique<FailingDevice>(&fail));
  const auto device = MakeMultiDevice(std::move(devices));
  ASSERT_TRUE(device.ok());
  const auto weights = (*device)->LoadRing(f.w.view());
  ASSERT_TRUE(weights.ok());
  fail = true;
  Matrix<uint32_t> y(9, 333);
  const absl::Status status = (*device)->MultiplyRing(**weights, f.x.view(), y.view());
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(std::string(status.message()), "failing: out of memory");
}

// Each expands the whole seed for its columns; one that cannot makes all take rows.
TEST(MultiDevice, TakesASeedIfEveryDeviceDoes) {
  const Fixture f;
  SeedDeviceCounts counts;
  std::vector<std::unique_ptr<Device>> devices;
  for (int i = 0; i < 2; ++i) devices.push_back(std::make_unique<SeedExpandingDevice>(counts));
  const auto device = MakeMultiDevice(std::move(devices));
  ASSERT_TRUE(device.ok());
  ASSERT_TRUE((*device)->expands_seeds());
  Seed seed;
  seed.fill(9);
  Matrix<uint32_t> x(9, 65), truth(9, 333), y(9, 333);
  ExpandSeed(seed, 0, {x.view().data(), x.view().size()});
  MultiplyRingPortable(x.view(), f.w.view(), truth.view());
  const auto weights = (*device)->LoadRing(f.w.view());
  ASSERT_TRUE(weights.ok());
  ASSERT_TRUE((*device)->MultiplyRingSeed(**weights, SeedBytes(seed), std::nullopt, y.view()).ok());
  EXPECT_TRUE(Equal(y, truth));
  Matrix<uint32_t> mask(9, 333);
  ExpandSeed(seed, 0, {mask.view().data(), mask.view().size()});
  for (size_t i = 0; i < mask.view().size(); ++i) truth.view().data()[i] += mask.view().data()[i];
  const SeedColumns columns{SeedBytes(seed), 333};
  ASSERT_TRUE((*device)->MultiplyRingSeed(**weights, SeedBytes(seed), columns, y.view()).ok());
  EXPECT_TRUE(Equal(y, truth));

  std::vector<std::unique_ptr<Device>> mixed;
  mixed.push_back(std::make_unique<SeedExpandingDevice>(counts));
  mixed.push_back(MakeCpuDevice({.threads = 1}));
  EXPECT_FALSE((*MakeMultiDevice(std::move(mixed)))->expands_seeds());
}

TEST(MultiDevice, HasMemoryOfTheFirstDeviceThatHasSuch) {
  SeedDeviceCounts counts;
  std::vector<std::unique_ptr<Device>> devices;
  devices.push_back(MakeCpuDevice({.threads = 1}));
  devices.push_back(std::make_unique<SeedExpandingDevice>(counts));
  const auto device = MakeMultiDevice(std::move(devices));
  ASSERT_TRUE(device.ok());
  EXPECT_NE((*device)->AllocatePinned(100), nullptr);
  EXPECT_EQ(counts.pinned, 1);
  EXPECT_EQ((*MakeMultiDevice(CpuDevices(2, 1)))->AllocatePinned(100), nullptr);
}

// Several sessions at once.
TEST(MultiDevice, CallsFromSeveralThreadsDoNotMix) {
  const Fixture f;
  const auto device = MakeMultiDevice(CpuDevices(2, 2));
  ASSERT_TRUE(device.ok());
  const auto weights = (*device)->LoadRing(f.w.view());
  ASSERT_TRUE(weights.ok());
  std::vector<std::thread> sessions;
  sessions.reserve(4);
  for (int s = 0; s < 4; ++s) {
    sessions.emplace_back([&] {
      for (int call = 0; call < 20; ++call) {
        Matrix<uint32_t> y(9, 333);
        ASSERT_TRUE((*device)->MultiplyRing(**weights, f.x.view(), y.view()).ok());
        ASSERT_TRUE(Equal(y, f.truth));
      }
    });
  }
  for (std::thread& session : sessions) session.join();
}

}  // namespace
}  // namespace sotto
