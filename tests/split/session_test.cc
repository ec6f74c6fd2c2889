// The client's session against the real server, on every data plane.
#include <random>
#include <thread>

#include "gtest/gtest.h"
#include "model/quantized_weights.h"
#include "protocol/keystream.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

struct PlainLayer {
  Matrix<float> weights;
  Matrix<int16_t> quantized;
};

class SessionTest : public testing::TestWithParam<DataPlane> {
 protected:
  static void SetUpTestSuite() {
    server_ = new HonestServer(HonestServer::Start(ShippedModelDir()));
  }
  static void TearDownTestSuite() { delete std::exchange(server_, nullptr); }

  static std::shared_ptr<Session> Connect(NumberFormat format) {
    SessionOptions options = server_->ClientOptions(format);
    options.data_plane = GetParam();
    return ValueOrDie(Session::Open(server_->endpoint(), options));
  }
  static PlainLayer Read(LinearLayer layer) {
    const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
    const LinearShape shape = ShapeOf(server_->config, layer);
    PlainLayer plain{Matrix<float>(shape.n_out, shape.n_in),
                     Matrix<int16_t>(shape.n_out, shape.n_in)};
    SOTTO_CHECK(ReadLinearRows(checkpoint, layer, 0, plain.weights.view()).ok());
    std::vector<float> scales(shape.n_out);
    std::vector<uint32_t> norms(shape.n_out);
    QuantizeFixedWeightRows(plain.weights.view(), FixedWeights::k12Bits, plain.quantized.view(),
                            scales.data(), norms.data());
    return plain;
  }

  static HonestServer* server_;
};
HonestServer* SessionTest::server_ = nullptr;

template <typename T, typename Draw>
Matrix<T> Random(size_t rows, size_t cols, uint32_t seed, Draw draw) {
  std::mt19937 random(seed);
  Matrix<T> x(rows, cols);
  for (size_t i = 0; i < rows * cols; ++i) x.view().data()[i] = draw(random);
  return x;
}
Matrix<float> RandomFloats(size_t rows, size_t cols, uint32_t seed) {
  return Random<float>(rows, cols, seed,
                       [](auto& r) { return std::uniform_real_distribution<float>(-1, 1)(r); });
}
Matrix<uint32_t> RandomWords(size_t rows, size_t cols, uint32_t seed) {
  return Random<uint32_t>(rows, cols, seed, [](auto& r) { return static_cast<uint32_t>(r()); });
}

uint32_t RingDot(const int16_t* w, const uint32_t* x, size_t n) {
  uint32_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += static_cast<uint32_t>(static_cast<int32_t>(w[i])) * x[i];
  return sum;
}

void ExpectRingProduct(const PlainLayer& plain, ConstMatrixView<uint32_t> x,
                       ConstMatrixView<uint32_t> y) {
  for (size_t i = 0; i < x.rows(); ++i) {
    for (size_t j = 0; j < y.cols(); ++j) {
      ASSERT_EQ(y(i, j), RingDot(plain.quantized.view().row(j), x.row(i), x.cols()))
          << i << ", " << j;
    }
  }
}

TEST_P(SessionTest, MultipliesFloatRowsOfEveryKindOfLayer) {
  const auto session = Connect(NumberFormat::kF32);
  for (const LinearLayer layer :
       {LinearLayer{LinearKind::kQkv, 1}, LinearLayer{LinearKind::kAttentionOut, 0},
        LinearLayer{LinearKind::kGateUp, 3}, LinearLayer{LinearKind::kDown, 2},
        LinearLayer{LinearKind::kLmHead, 0}}) {
    const LinearShape shape = ShapeOf(server_->config, layer);
    const Matrix<float> x = RandomFloats(3, shape.n_in, 7);
    Matrix<float> y(3, shape.n_out);
    auto pending = session->Submit(layer, UnprotectedRows::F32(x.view()), y.view());
    ASSERT_TRUE(pending.ok()) << pending.status();
    ASSERT_TRUE((*pending)->Wait().ok());
    const PlainLayer plain = Read(layer);
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < shape.n_out; ++j) {
        double want = 0, size = 0;
        for (size_t k = 0; k < shape.n_in; ++k) {
          const double term = double{x.view()(i, k)} * plain.weights.view()(j, k);
          want += term;
          size += std::abs(term);
        }
        // n products and sums, each off by at most 2^-24 of what it adds to.
        ASSERT_NEAR(y.view()(i, j), want, size * 0x1p-24 * static_cast<double>(shape.n_in + 1));
      }
    }
  }
}

TEST_P(SessionTest, MultipliesRingRowsExactly) {
  const auto session = Connect(NumberFormat::kRing32);
  const LinearLayer layer{LinearKind::kDown, 1};
  const Matrix<uint32_t> x = RandomWords(5, 512, 3);
  Matrix<uint32_t> y(5, 192);
  absl::StatusOr<PendingExchange> pending =
      session->Submit(layer, UnprotectedRows::Ring(x.view()), y.view());
  ASSERT_TRUE(pending.ok()) << pending.status();
  ASSERT_TRUE((*pending)->Wait().ok());
  ExpectRingProduct(Read(layer), x.view(), y.view());
}

// 5 MiB in, 13 MiB out: several chunks, and more than the rings hold.
TEST_P(SessionTest, CarriesTensorsLongerThanOneMessage) {
  const auto session = Connect(NumberFormat::kRing32);
  const LinearLayer layer{LinearKind::kGateUp, 0};
  const size_t rows = 7001;
  const Matrix<uint32_t> x = RandomWords(rows, 192, 5);
  Matrix<uint32_t> y(rows, 1024);
  absl::StatusOr<PendingExchange> pending =
      session->Submit(layer, UnprotectedRows::Ring(x.view()), y.view());
  ASSERT_TRUE(pending.ok()) << pending.status();
  const absl::Status status = (*pending)->Wait();
  ASSERT_TRUE(status.ok()) << status;
  const PlainLayer plain = Read(layer);
  for (const size_t row : {size_t{0}, size_t{1365}, size_t{1366}, rows - 1}) {
    ExpectRingProduct(plain, x.view().Rows(row, 1), y.view().Rows(row, 1));
  }
}

TEST_P(SessionTest, ManyLanesAtOnceGetTheirOwnAnswers) {
  const auto session = Connect(NumberFormat::kRing32);
  const LinearLayer layer{LinearKind::kQkv, 2};
  const PlainLayer plain = Read(layer);
  const auto lane = [&](uint32_t seed) {
    std::vector<Matrix<uint32_t>> xs, ys;
    std::vector<PendingExchange> pending;
    for (uint32_t i = 0; i < 20; ++i) {
      xs.push_back(RandomWords(1 + i % 3, 192, seed + i));
      ys.emplace_back(1 + i % 3, 320);
      auto submitted =
          session->Submit(layer, UnprotectedRows::Ring(xs.back().view()), ys.back().view());
      ASSERT_TRUE(submitted.ok()) << submitted.status();
      pending.push_back(*std::move(submitted));
    }
    for (PendingExchange& exchange : pending) {
      const absl::Status status = exchange->Wait();
      ASSERT_TRUE(status.ok()) << status;
    }
    for (size_t i = 0; i < xs.size(); ++i) ExpectRingProduct(plain, xs[i].view(), ys[i].view());
  };
  std::vector<std::thread> lanes;
  for (uint32_t i = 0; i < 4; ++i) lanes.emplace_back(lane, 1000 * i);
  for (std::thread& thread : lanes) thread.join();
  EXPECT_EQ(session->stats().exchanges, 80u);
}

TEST_P(SessionTest, LooksUpEmbeddings) {
  const auto session = Connect(NumberFormat::kF32);
  const std::vector<int32_t> ids = {0, 2047, 5, 5};
  Matrix<float> y(4, 192);
  auto pending = session->SubmitEmbedding(UnprotectedRows::TokenIds(ids), y.view());
  ASSERT_TRUE(pending.ok()) << pending.status();
  ASSERT_TRUE((*pending)->Wait().ok());
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  const TensorRef table = ValueOrDie(checkpoint.Find("model.embed_tokens.weight"));
  for (size_t i = 0; i < ids.size(); ++i) {
    Matrix<float> want(1, 192);
    ASSERT_TRUE(checkpoint.ReadRows(table, static_cast<size_t>(ids[i]), want.view()).ok());
    EXPECT_TRUE(std::equal(want.view().row(0), want.view().row(0) + 192, y.view().row(i)));
  }
}

TEST_P(SessionTest, ATokenOutOfRangeEndsTheSession) {
  const auto session = Connect(NumberFormat::kF32);
  const std::vector<int32_t> ids = {2048};
  Matrix<float> y(1, 192);
  auto pending = session->SubmitEmbedding(UnprotectedRows::TokenIds(ids), y.view());
  ASSERT_TRUE(pending.ok()) << pending.status();
  const absl::Status status = (*pending)->Wait();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_NE(std::string(status.message()).find(server_->endpoint()), std::string::npos) << status;
  EXPECT_EQ(session->SubmitEmbedding(UnprotectedRows::TokenIds(ids), y.view()).status(), status);
}

TEST_P(SessionTest, MultipliesTwoMatricesThatBothTravel) {
  const auto session = Connect(NumberFormat::kF32);
  const Matrix<float> left = RandomFloats(2 * 5, 7, 1), right = RandomFloats(2 * 3, 7, 2);
  Matrix<float> y(2 * 5, 3);
  auto pending = session->SubmitMatMul(2, UnprotectedRows::F32(left.view()),
                                       UnprotectedRows::F32(right.view()), y.view());
  ASSERT_TRUE(pending.ok()) << pending.status();
  ASSERT_TRUE((*pending)->Wait().ok());
  for (size_t row = 0; row < 10; ++row) {
    for (size_t j = 0; j < 3; ++j) {
      double want = 0;
      for (size_t k = 0; k < 7; ++k) {
        want += double{left.view()(row, k)} * right.view()(row / 5 * 3 + j, k);
      }
      EXPECT_NEAR(y.view()(row, j), want, 8 * 7 * 0x1p-24);
    }
  }
}

// Headers cost little beside payloads: what travels is what the shapes require, within 2 %.
TEST_P(SessionTest, CountsTheBytesTheShapesRequire) {
  const auto session = Connect(NumberFormat::kRing32);
  const LinearLayer layer{LinearKind::kGateUp, 0};
  const Matrix<uint32_t> x = RandomWords(64, 192, 5);
  Matrix<uint32_t> y(64, 1024);
  for (int i = 0; i < 10; ++i) {
    auto pending = session->Submit(layer, UnprotectedRows::Ring(x.view()), y.view());
    ASSERT_TRUE(pending.ok()) << pending.status();
    ASSERT_TRUE((*pending)->Wait().ok());
  }
  const double sent = 10 * 64 * 192 * 4, received = 10 * 64 * 1024 * 4;
  EXPECT_GE(static_cast<double>(session->stats().bytes_sent), sent);
  EXPECT_LE(static_cast<double>(session->stats().bytes_sent), 1.02 * sent);
  EXPECT_GE(static_cast<double>(session->stats().bytes_received), received);
  EXPECT_LE(static_cast<double>(session->stats().bytes_received), 1.02 * received);
}

TEST_P(SessionTest, TheWindowBoundsWhatIsInFlightAndLosesNothing) {
  const auto session = Connect(NumberFormat::kRing32);
  const LinearLayer layer{LinearKind::kGateUp, 0};
  const size_t rows = session->MaxRows(layer);
  const uint64_t bytes = rows * (192 + 1024) * 4;
  EXPECT_LE(4 * bytes, session->server().window_bytes);
  EXPECT_GT(5 * (bytes + 2 * (192 + 1024) * 4), session->server().window_bytes);
}

INSTANTIATE_TEST_SUITE_P(DataPlanes, SessionTest,
                         testing::Values(DataPlane::kGrpc, DataPlane::kShm, DataPlane::kTcp),
                         [](const auto& info) { return std::string(DataPlaneName(info.param)); });

}  // namespace
}  // namespace sotto
