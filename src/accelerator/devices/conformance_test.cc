// What every device must do, on every device present and on several joined: equal the definition,
// to the bit for ring products.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>

#include "accelerator/devices/cpu_device.h"
#include "accelerator/devices/device_registry.h"
#include "accelerator/work_buffer.h"
#include "kernels/tiled_product.h"
#include "protocol/keystream.h"

namespace sotto {
namespace {

// Two OpenCL devices where PoCL is installed; before the first look at the devices.
const bool kTwoPoclDevices = [] {
  setenv("POCL_DEVICES", "pthread pthread", 0);
  return true;
}();

// Device names joined with "+".
using DeviceSet = std::string;

std::vector<DeviceSet> DeviceSets() {
  const std::vector<std::string> present = PresentDevices();
  std::vector<DeviceSet> sets = present;
  if (present.size() > 1) sets.push_back(present[0] + "+" + present[1]);
  if (present.size() > 2) sets.push_back(present[1] + "+" + present[2]);
  if (present.size() > 2 && present.back().starts_with("cuda")) {
    sets.push_back(present[0] + "+" + present.back());
  }
  sets.push_back("portable");
  return sets;
}

std::vector<std::string> Names(const DeviceSet& set) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= set.size();) {
    const size_t end = std::min(set.find('+', begin), set.size());
    names.push_back(set.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

// Opening tunes some devices: once a process for each set.
Device& Open(const DeviceSet& set, FloatPrecision precision) {
  static auto* devices =
      new std::map<std::pair<DeviceSet, FloatPrecision>, absl::StatusOr<std::unique_ptr<Device>>>;
  auto [it, added] = devices->try_emplace({set, precision}, absl::UnknownError(""));
  if (added && set == "portable") {
    it->second = MakeCpuDevice({.threads = 2, .precision = precision, .portable_ring = true});
  } else if (added) {
    it->second = OpenDevices(Names(set), {.threads = 2, .precision = precision});
  }
  if (!it->second.ok()) {
    ADD_FAILURE() << it->second.status();
    std::abort();
  }
  return **it->second;
}

struct Shape {
  size_t tokens, n_in, n_out;
};
// Odd sizes; below and above every tile and block; one of each dimension.
constexpr Shape kShapes[] = {{1, 1, 1},      {3, 5, 7},    {17, 33, 65},
                             {33, 64, 300},  {130, 67, 9}, {64, 512, 48},
                             {5, 1025, 257}, {0, 8, 8},    {777, 40, 36}};

class Conformance : public testing::TestWithParam<DeviceSet> {
 protected:
  std::mt19937 random_{20240229};
};

// |y - truth| <= (2^-p |x| |w| relative error of both operands + n_in f32 roundings) summed.
double Tolerance(const std::string& precision, size_t n_in, double magnitude) {
  double operand = 0.0;
  if (precision.find("bf16") != std::string::npos) operand = std::ldexp(1.0, -8);
  if (precision.find("f16") != std::string::npos) operand = std::max(operand, std::ldexp(1.0, -10));
  return magnitude * (2 * operand + static_cast<double>(n_in + 2) * std::ldexp(1.0, -24));
}

void CheckFloat(Device& device, FloatPrecision precision, const Shape& shape,
                std::mt19937& random) {
  SCOPED_TRACE(testing::Message() << shape.tokens << "x" << shape.n_in << "x" << shape.n_out);
  std::normal_distribution<float> normal;
  Matrix<float> w(shape.n_out, shape.n_in);
  // Views with a stride: neighbours must be left alone.
  Matrix<float> x_wide(shape.tokens, shape.n_in + 3), y_wide(shape.tokens, shape.n_out + 5);
  for (size_t i = 0; i < w.view().size(); ++i) w.view().data()[i] = normal(random);
  for (size_t i = 0; i < x_wide.view().size(); ++i) x_wide.view().data()[i] = normal(random);
  std::fill_n(y_wide.view().data(), y_wide.view().size(), -7.0f);
  const ConstMatrixView<float> x = x_wide.view().Cols(1, shape.n_in);
  const auto weights = device.LoadFloat(w.view(), precision);
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ((*weights)->n_in(), shape.n_in);
  EXPECT_EQ((*weights)->n_out(), shape.n_out);
  ASSERT_TRUE(device.MultiplyFloat(**weights, x, y_wide.view().Cols(2, shape.n_out)).ok());
  for (size_t t = 0; t < shape.tokens; ++t) {
    for (size_t j = 0; j < shape.n_out; ++j) {
      double sum = 0.0, magnitude = 0.0;
      for (size_t i = 0; i < shape.n_in; ++i) {
        const double product = double{x(t, i)} * double{w.view()(j, i)};
        sum += product;
        magnitude += std::abs(product);
      }
      ASSERT_NEAR(y_wide.view()(t, j + 2), sum,
                  Tolerance(device.precision(precision), shape.n_in, magnitude) + 1e-30)
          << t << "," << j;
    }
    for (const size_t j : {size_t{0}, size_t{1}, shape.n_out + 2, shape.n_out + 4}) {
      ASSERT_EQ(y_wide.view()(t, j), -7.0f);
    }
  }
}

// One device serves clients of both kinds, whatever it was opened with.
TEST_P(Conformance, FloatIsWithinRoundingOfTheTruth) {
  for (const FloatPrecision opened : {FloatPrecision::kF32, FloatPrecision::kFastest}) {
    Device& device = Open(GetParam(), opened);
    EXPECT_EQ(device.precision(FloatPrecision::kF32), "f32");
    if (opened == FloatPrecision::kF32) {
      EXPECT_EQ(device.precision(FloatPrecision::kFastest), "f32");
    }
    for (const FloatPrecision precision : {FloatPrecision::kF32, FloatPrecision::kFastest}) {
      for (const Shape& shape : kShapes) CheckFloat(device, precision, shape, random_);
    }
  }
}

// A row must not depend on its neighbours: the trusted side promises batch invariance.
TEST_P(Conformance, FloatRowsStandAlone) {
  Device& device = Open(GetParam(), FloatPrecision::kFastest);
  constexpr Shape kShape{37, 129, 70};
  std::normal_distribution<float> normal;
  Matrix<float> w(kShape.n_out, kShape.n_in), x(kShape.tokens, kShape.n_in);
  for (size_t i = 0; i < w.view().size(); ++i) w.view().data()[i] = normal(random_);
  for (size_t i = 0; i < x.view().size(); ++i) x.view().data()[i] = normal(random_);
  const auto weights = device.LoadFloat(w.view(), FloatPrecision::kFastest);
  ASSERT_TRUE(weights.ok());
  Matrix<float> all(kShape.tokens, kShape.n_out), alone(1, kShape.n_out);
  ASSERT_TRUE(device.MultiplyFloat(**weights, x.view(), all.view()).ok());
  for (size_t t = 0; t < kShape.tokens; ++t) {
    ASSERT_TRUE(device.MultiplyFloat(**weights, x.view().Rows(t, 1), alone.view()).ok());
    for (size_t j = 0; j < kShape.n_out; ++j) {
      ASSERT_EQ(alone.view()(0, j), all.view()(t, j)) << t << "," << j;
    }
  }
}

struct RingValues {
  const char* name;
  uint32_t (*word)(std::mt19937& random);
  int16_t (*weight)(std::mt19937& random);
};
constexpr RingValues kRingValues[] = {
    {"random", [](std::mt19937& r) { return static_cast<uint32_t>(r()); },
     [](std::mt19937& r) { return int16_t{static_cast<int8_t>(r())}; }},
    {"all ones", [](std::mt19937&) { return 0xffffffffu; },
     [](std::mt19937&) { return int16_t{-128}; }},
    // Two such products in a pair saturate 16 bits: exposes vpmaddubsw.
    {"largest bytes", [](std::mt19937&) { return 0xffffffffu; },
     [](std::mt19937&) { return int16_t{127}; }},
    {"sign bits", [](std::mt19937& r) { return static_cast<uint32_t>(r() & 1) << 31; },
     [](std::mt19937& r) { return r() & 1 ? int16_t{127} : int16_t{-128}; }},
    {"byte borders", [](std::mt19937& r) { return 0x7f80ff00u + static_cast<uint32_t>(r() % 3); },
     [](std::mt19937& r) { return static_cast<int16_t>(r() % 3 - 1); }},
    {"wide weights", [](std::mt19937& r) { return static_cast<uint32_t>(r()); },
     [](std::mt19937& r) {
       return static_cast<int16_t>(static_cast<int>(r() % (2 * kMaxRingWeight + 1)) -
                                   kMaxRingWeight);
     }},
    // Where the lower byte's sign borrows from the upper one.
    {"weights at byte borders", [](std::mt19937&) { return 0xffffffffu; },
     [](std::mt19937& r) { return static_cast<int16_t>(126 + r() % 4); }},
    {"largest weights", [](std::mt19937&) { return 0xffffffffu; },
     [](std::mt19937& r) { return r() & 1 ? kMaxRingWeight : int16_t{-kMaxRingWeight}; }}};
constexpr const RingValues& kAllOnes = kRingValues[1];
constexpr const RingValues& kLargestWeights = kRingValues[7];

void CheckRing(Device& device, const Shape& shape, const RingValues& values, std::mt19937& random) {
  SCOPED_TRACE(testing::Message() << values.name << " " << shape.tokens << "x" << shape.n_in << "x"
                                  << shape.n_out);
  Matrix<int16_t> w(shape.n_out, shape.n_in);
  Matrix<uint32_t> x_wide(shape.tokens, shape.n_in + 3), y_wide(shape.tokens, shape.n_out + 5),
      truth(shape.tokens, shape.n_out);
  for (size_t i = 0; i < w.view().size(); ++i) w.view().data()[i] = values.weight(random);
  for (size_t i = 0; i < x_wide.view().size(); ++i) x_wide.view().data()[i] = values.word(random);
  std::fill_n(y_wide.view().data(), y_wide.view().size(), 7u);
  const ConstMatrixView<uint32_t> x = x_wide.view().Cols(1, shape.n_in);
  MultiplyRingPortable(x, w.view(), truth.view());
  const auto weights = device.LoadRing(w.view());
  ASSERT_TRUE(weights.ok()) << weights.status();
  ASSERT_TRUE(device.MultiplyRing(**weights, x, y_wide.view().Cols(2, shape.n_out)).ok());
  for (size_t t = 0; t < shape.tokens; ++t) {
    for (size_t j = 0; j < shape.n_out; ++j) {
      ASSERT_EQ(y_wide.view()(t, j + 2), truth.view()(t, j)) << t << "," << j;
    }
    for (const size_t j : {size_t{0}, size_t{1}, shape.n_out + 2, shape.n_out + 4}) {
      ASSERT_EQ(y_wide.view()(t, j), 7u);
    }
  }
}

Matrix<int16_t> RandomRingWeights(const Shape& shape, std::mt19937& random) {
  Matrix<int16_t> w(shape.n_out, shape.n_in);
  std::uniform_int_distribution<int> weight(-kMaxRingWeight, kMaxRingWeight);
  for (size_t i = 0; i < w.view().size(); ++i) {
    w.view().data()[i] = static_cast<int16_t>(weight(random));
  }
  return w;
}

bool SameWords(ConstMatrixView<uint32_t> a, ConstMatrixView<uint32_t> b) {
  return a.size() == b.size() && std::equal(a.data(), a.data() + a.size(), b.data());
}

TEST_P(Conformance, RingEqualsTheDefinition) {
  Device& device = Open(GetParam(), FloatPrecision::kFastest);
  for (const Shape& shape : kShapes) {
    for (const RingValues& values : kRingValues) CheckRing(device, shape, values, random_);
  }
}

// Long enough for plane sums to come near 2^31.
TEST_P(Conformance, RingStaysExactOverManyInputs) {
  Device& device = Open(GetParam(), FloatPrecision::kFastest);
  for (const RingValues& values : kRingValues) CheckRing(device, {2, 14336, 3}, values, random_);
  CheckRing(device, {2, kMaxRingInputs, 2}, kAllOnes, random_);
  CheckRing(device, {2, kMaxRingInputs, 2}, kLargestWeights, random_);
}

TEST_P(Conformance, RowsOfASeedEqualTheSameRows) {
  Device& device = Open(GetParam(), FloatPrecision::kFastest);
  if (!device.expands_seeds()) return;  // It is given rows.
  Seed seed, mask_seed;
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(random_());
  for (size_t i = 0; i < seed.size(); ++i) mask_seed[i] = static_cast<uint8_t>(random_());
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(testing::Message() << shape.tokens << "x" << shape.n_in << "x" << shape.n_out);
    const Matrix<int16_t> w = RandomRingWeights(shape, random_);
    Matrix<uint32_t> x(shape.tokens, shape.n_in), truth(shape.tokens, shape.n_out),
        y(shape.tokens, shape.n_out);
    ExpandSeed(seed, 0, {x.view().data(), x.view().size()});
    MultiplyRingPortable(x.view(), w.view(), truth.view());
    const auto weights = device.LoadRing(w.view());
    ASSERT_TRUE(weights.ok()) << weights.status();
    const auto multiply = [&](const std::optional<SeedColumns>& mask) {
      return device.MultiplyRingSeed(**weights, SeedBytes(seed), mask, y.view());
    };
    ASSERT_TRUE(multiply(std::nullopt).ok());
    EXPECT_TRUE(SameWords(y.view(), truth.view()));
    // Some columns of a wider mask.
    constexpr size_t kFirst = 3;
    Matrix<uint32_t> mask(shape.tokens, shape.n_out + 5);
    ExpandSeed(mask_seed, 0, {mask.view().data(), mask.view().size()});
    for (size_t t = 0; t < shape.tokens; ++t) {
      for (size_t j = 0; j < shape.n_out; ++j) truth.view()(t, j) += mask.view()(t, kFirst + j);
    }
    ASSERT_TRUE(multiply(SeedColumns{SeedBytes(mask_seed), mask.cols(), kFirst}).ok());
    EXPECT_TRUE(SameWords(y.view(), truth.view()));
  }
}

// So many rows that a device which takes them in pieces has several, and from the memory that it
// copies from best.
TEST_P(Conformance, ManyRowsInTheDevicesOwnKindOfMemory) {
  Device& device = Open(GetParam(), FloatPrecision::kFastest);
  constexpr Shape kShape{1100, 67, 33};
  WorkBuffer memory(device);
  memory.Resize(kShape.tokens * kShape.n_in * sizeof(uint32_t));
  const MatrixView<uint32_t> x(reinterpret_cast<uint32_t*>(memory.bytes().data()), kShape.tokens,
                               kShape.n_in);
  for (size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<uint32_t>(random_());
  const Matrix<int16_t> w = RandomRingWeights(kShape, random_);
  Matrix<uint32_t> truth(kShape.tokens, kShape.n_out), y(kShape.tokens, kShape.n_out);
  MultiplyRingPortable(x, w.view(), truth.view());
  const auto weights = device.LoadRing(w.view());
  ASSERT_TRUE(weights.ok()) << weights.status();
  ASSERT_TRUE(device.MultiplyRing(**weights, x, y.view()).ok());
  EXPECT_TRUE(SameWords(y.view(), truth.view()));
}

TEST_P(Conformance, RingRefusesMoreInputsThanItCanSum) {
  Device& device = Open(GetParam(), FloatPrecision::kFastest);
  const Matrix<int16_t> w(1, kMaxRingInputs + 1);
  EXPECT_EQ(device.LoadRing(w.view()).status().code(), absl::StatusCode::kUnimplemented);
}

INSTANTIATE_TEST_SUITE_P(Devices, Conformance, testing::ValuesIn(DeviceSets()),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == ':' || c == '+' ? '_' : c;
                           return name;
                         });

TEST(Cuda, DevicesConform) {
  for (const std::string& name : PresentDevices()) {
    if (name.starts_with("cuda")) return;  // Instantiated above.
  }
  GTEST_SKIP() << "NO CUDA DEVICE HERE: the cuda device has been compiled at most, not run";
}

}  // namespace
}  // namespace sotto
