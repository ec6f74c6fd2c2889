// A session's number format decides what may be asked in it and what the server computes in.
#include <gtest/gtest.h>

#include <array>
#include <atomic>

#include "accelerator/devices/device_registry.h"
#include "testing/forwarding_device.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/relay.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;

constexpr LinearLayer kLayer{LinearKind::kQkv, 0};

struct Loads {
  std::atomic<int> f32{0}, fastest{0}, ring{0};
  int all() const { return f32 + fastest + ring; }
};

// Counts what is loaded; says that bf16 is its fastest, wherever the test runs.
class CountingDevice final : public ForwardingDevice {
 public:
  CountingDevice(std::unique_ptr<Device> inner, Loads& loads)
      : ForwardingDevice(std::move(inner)), loads_(loads) {}

  std::string precision(FloatPrecision precision) const override {
    return precision == FloatPrecision::kF32 ? "f32" : "bf16";
  }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision precision) override {
    ++(precision == FloatPrecision::kF32 ? loads_.f32 : loads_.fastest);
    return ForwardingDevice::LoadFloat(w, precision);
  }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    ++loads_.ring;
    return ForwardingDevice::LoadRing(w);
  }

 private:
  Loads& loads_;
};

enum class Ask { kLinear, kEmbedding, kMatMul };

class SessionFormatTest : public ::testing::Test {
 protected:
  void Start(std::vector<DeviceFormat> formats) {
    const std::vector<std::string> devices = {"cpu"};
    server_ = HonestServer::StartWith(
        std::make_unique<CountingDevice>(ValueOrDie(OpenDevices(devices, {.threads = 1})), loads_),
        ShippedModelDir(), [&](ServerOptions& o) { o.service.formats = std::move(formats); });
  }

  // Asks in a session of format `session` for something with rows of format `format`.
  absl::Status Try(NumberFormat session, Ask ask, NumberFormat format) {
    const auto open = server_->Connect(session);
    SOTTO_ASSIGN_OR_RETURN(PendingExchange pending, Submit(*open, ask, format));
    return pending->Wait();
  }

  absl::StatusOr<PendingExchange> Submit(Session& session, Ask ask, NumberFormat format) {
    if (ask == Ask::kEmbedding) {
      return session.SubmitEmbedding(UnprotectedRows::TokenIds(ids_), hidden_.view());
    }
    if (ask == Ask::kMatMul) {
      return session.SubmitMatMul(1, UnprotectedRows::F32(small_.view()),
                                  UnprotectedRows::F32(small_.view()), product_.view());
    }
    switch (format) {
      case NumberFormat::kF32:
        return session.Submit(kLayer, UnprotectedRows::F32(f32_.view()), f32_answer_.view());
      case NumberFormat::kBf16:
        return session.Submit(kLayer, UnprotectedRows::Bf16(bf16_.view()), bf16_answer_.view());
      default:
        return session.Submit(kLayer, UnprotectedRows::Ring(ring_.view()), ring_answer_.view());
    }
  }

  static constexpr size_t kHidden = 192, kQkv = 320;  // Of the shipped model.
  Loads loads_;
  std::optional<HonestServer> server_;
  const std::vector<int32_t> ids_ = {1};
  const Matrix<float> f32_{1, kHidden}, small_{2, 3};
  const Matrix<BFloat16> bf16_{1, kHidden};
  const Matrix<uint32_t> ring_{1, kHidden};
  Matrix<float> f32_answer_{1, kQkv}, hidden_{1, kHidden}, product_{2, 2};
  Matrix<BFloat16> bf16_answer_{1, kQkv};
  Matrix<uint32_t> ring_answer_{1, kQkv};
};

TEST_F(SessionFormatTest, ASessionOfRingWordsHasNothingElse) {
  Start({DeviceFormat::kRing});
  constexpr NumberFormat kRing = NumberFormat::kRing32;
  EXPECT_EQ(Try(kRing, Ask::kLinear, NumberFormat::kF32).code(), Code::kInvalidArgument);
  EXPECT_EQ(Try(kRing, Ask::kLinear, NumberFormat::kBf16).code(), Code::kInvalidArgument);
  EXPECT_EQ(Try(kRing, Ask::kEmbedding, NumberFormat::kTokenIds).code(), Code::kInvalidArgument);
  EXPECT_EQ(Try(kRing, Ask::kMatMul, NumberFormat::kF32).code(), Code::kInvalidArgument);
  EXPECT_EQ(loads_.all(), 0);
  EXPECT_TRUE(Try(kRing, Ask::kLinear, kRing).ok());
  EXPECT_EQ(loads_.ring, 1);
}

TEST_F(SessionFormatTest, ASessionOfFloatsHasItsOwnKindOnly) {
  Start({DeviceFormat::kF32, DeviceFormat::kBf16, DeviceFormat::kRing});
  constexpr std::array kFormats = {NumberFormat::kF32, NumberFormat::kBf16, NumberFormat::kRing32};
  for (const NumberFormat session : kFormats) {
    for (const NumberFormat format : kFormats) {
      EXPECT_EQ(Try(session, Ask::kLinear, format).code(),
                session == format ? Code::kOk : Code::kInvalidArgument)
          << static_cast<int>(session) << " " << static_cast<int>(format);
    }
  }
  EXPECT_EQ(loads_.f32, 1);
  EXPECT_EQ(loads_.fastest, 1);
  EXPECT_EQ(loads_.ring, 1);
}

TEST_F(SessionFormatTest, ARelaysPartThatWasNotAgreedUponIsRefusedBeforeTheWork) {
  Start({DeviceFormat::kRing});
  RelayBlinder blinder(server_->config, 1 << 20, ProcessDrbg());
  const auto blinding = ValueOrDie(blinder.Begin(kLayer, 1));
  for (const size_t part : {RelayBlinder::kSource, RelayBlinder::kSink}) {
    const auto session = server_->Connect(NumberFormat::kRing32);
    const size_t rows = part == RelayBlinder::kSink ? 1 : 0;
    PendingExchange pending = ValueOrDie(session->Submit(
        kLayer, blinding->Message(part, ring_.view()), ring_answer_.view().Rows(0, rows)));
    EXPECT_EQ(pending->Wait().code(), Code::kFailedPrecondition);
  }
  EXPECT_EQ(loads_.all(), 0);
}

// Whatever is fastest on the device: who asks for f32 by name gets f32.
TEST_F(SessionFormatTest, DecidesTheOperands) {
  Start({DeviceFormat::kF32, DeviceFormat::kBf16, DeviceFormat::kRing});
  EXPECT_EQ(server_->Connect(NumberFormat::kF32)->server().operands, "f32");
  EXPECT_EQ(server_->Connect(NumberFormat::kBf16)->server().operands, "bf16");
  EXPECT_EQ(server_->Connect(NumberFormat::kRing32)->server().operands, "ring32");
  for (const Ask ask : {Ask::kLinear, Ask::kMatMul}) {
    EXPECT_TRUE(Try(NumberFormat::kF32, ask, NumberFormat::kF32).ok());
  }
  EXPECT_EQ(loads_.f32, 2);
  EXPECT_EQ(loads_.fastest, 0);
  for (const Ask ask : {Ask::kLinear, Ask::kMatMul}) {
    EXPECT_TRUE(Try(NumberFormat::kBf16, ask, NumberFormat::kBf16).ok());
  }
  EXPECT_EQ(loads_.f32, 2);
  EXPECT_EQ(loads_.fastest, 2);
}

}  // namespace
}  // namespace sotto
