// The cuda device on emulated CUDA (testing/emulated_cuda), which conformance_test.cc runs on in
// the same program: what it does with memory, streams and errors.
#include "testing/emulated_cuda/emulated_cuda.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "accelerator/devices/device_registry.h"

namespace sotto {
namespace {

constexpr size_t kRows = 600, kInputs = 64, kOutputs = 32;  // Three pieces.

class EmulatedCudaTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = OpenDevice("cuda:0", {});
    ASSERT_TRUE(opened.ok()) << opened.status();
    device_ = *std::move(opened);
    std::fill_n(w_.view().data(), w_.view().size(), int16_t{321});
    std::fill_n(x_.view().data(), x_.view().size(), 0x01020304u);
    auto loaded = device_->LoadRing(w_.view());
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    weights_ = *std::move(loaded);
  }
  void TearDown() override {
    weights_ = nullptr;
    device_ = nullptr;
    EXPECT_EQ(EmulatedCuda().free_bytes, free_bytes_before_) << "memory of the device is lost";
    EmulatedCuda() = {};
  }

  absl::Status Multiply() { return device_->MultiplyRing(*weights_, x_.view(), y_.view()); }
  void ExpectRight() {
    std::fill_n(y_.view().data(), y_.view().size(), 0u);
    const absl::Status status = Multiply();
    ASSERT_TRUE(status.ok()) << status;
    for (size_t i = 0; i < y_.view().size(); ++i) {
      ASSERT_EQ(y_.view().data()[i], static_cast<uint32_t>(0x01020304u * 321u * kInputs)) << i;
    }
  }

  const size_t free_bytes_before_ = EmulatedCuda().free_bytes;
  std::unique_ptr<Device> device_;
  std::unique_ptr<DeviceWeights> weights_;
  Matrix<int16_t> w_{kOutputs, kInputs};
  Matrix<uint32_t> x_{kRows, kInputs}, y_{kRows, kOutputs};
};

TEST_F(EmulatedCudaTest, RowsGoInPieces) {
  const EmulatedCudaState before = EmulatedCuda();
  ExpectRight();
  EXPECT_EQ(EmulatedCuda().products - before.products, 3);
  EXPECT_EQ(EmulatedCuda().copies_to_device - before.copies_to_device, 3);
}

TEST_F(EmulatedCudaTest, NoRowOfASeedIsCopied) {
  const EmulatedCudaState before = EmulatedCuda();
  constexpr std::array<uint8_t, 32> kSeed{1, 2, 3};
  ASSERT_TRUE(
      device_->MultiplyRingSeed(*weights_, kSeed, SeedColumns{kSeed, kOutputs}, y_.view()).ok());
  EXPECT_EQ(EmulatedCuda().products - before.products, 3);
  EXPECT_EQ(EmulatedCuda().copies_to_device, before.copies_to_device);
}

// Buffers of a second product of the same sizes are those of the first.
TEST_F(EmulatedCudaTest, MemoryIsUsedAgain) {
  ExpectRight();
  const size_t left = EmulatedCuda().free_bytes;
  ExpectRight();
  EXPECT_EQ(EmulatedCuda().free_bytes, left);
}

// Padding of rows is multiplied by zeros: it must be numbers.
TEST_F(EmulatedCudaTest, FloatsDoNotMeetWhatWasInTheirPlace) {
  std::fill_n(x_.view().data(), x_.view().size(), 0xffffffffu);  // As a float, NaN.
  ASSERT_TRUE(Multiply().ok());
  Matrix<float> w(3, 33), x(2, 33), y(2, 3);
  std::fill_n(w.view().data(), w.view().size(), 1.0f);
  std::fill_n(x.view().data(), x.view().size(), 2.0f);
  for (const FloatPrecision precision : {FloatPrecision::kF32, FloatPrecision::kFastest}) {
    const auto weights = device_->LoadFloat(w.view(), precision);
    ASSERT_TRUE(weights.ok()) << weights.status();
    ASSERT_TRUE(device_->MultiplyFloat(**weights, x.view(), y.view()).ok());
    for (size_t i = 0; i < y.view().size(); ++i) EXPECT_EQ(y.view().data()[i], 66.0f);
  }
}

TEST_F(EmulatedCudaTest, WithoutMemoryTheCallFailsAndTheNextWorks) {
  const size_t free_bytes = std::exchange(EmulatedCuda().free_bytes, 0);
  EXPECT_EQ(device_->LoadRing(w_.view()).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Multiply().code(), absl::StatusCode::kResourceExhausted);
  EmulatedCuda().free_bytes += free_bytes;
  ExpectRight();
}

TEST_F(EmulatedCudaTest, AnErrorOfAStreamIsTheCalls) {
  EmulatedCuda().stream_error = cudaErrorLaunchFailure;
  const absl::Status status = Multiply();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(std::string(status.message()), "cudaStreamSynchronize: emulated error");
  EmulatedCuda().stream_error = cudaSuccess;
  ExpectRight();
}

TEST_F(EmulatedCudaTest, PinnedMemoryIsGivenWhileThereIsAny) {
  EXPECT_NE(device_->AllocatePinned(1000), nullptr);
  const size_t pinned_bytes = std::exchange(EmulatedCuda().pinned_bytes, 0);
  EXPECT_EQ(device_->AllocatePinned(1000), nullptr);
  EmulatedCuda().pinned_bytes = pinned_bytes;
}

}  // namespace
}  // namespace sotto
