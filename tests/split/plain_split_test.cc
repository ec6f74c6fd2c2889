// A whole forward pass with its linear layers in another party's hands equals the local one.
#include <cmath>

#include "enclave/linear/local.h"
#include "enclave/linear/offloaded_plain.h"
#include "enclave/linear/session_channel.h"
#include "enclave/prefill/engine.h"
#include "gtest/gtest.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"

namespace sotto {
namespace {

constexpr size_t kLength = 40;
constexpr int kThreads = 2;

using Logits = std::vector<Matrix<float>>;  // By prompt, [length, vocab].

std::vector<std::vector<int32_t>> Prompts(const LlamaConfig& config, size_t batch) {
  std::vector<std::vector<int32_t>> prompts(batch);
  for (size_t p = 0; p < batch; ++p) {
    for (size_t i = 0; i < kLength - p; ++i) {
      prompts[p].push_back(static_cast<int32_t>((1 + 37 * i + 101 * p * i) % config.vocab_size));
    }
  }
  return prompts;
}

Logits Prefill(const Checkpoint& checkpoint, std::unique_ptr<Linear> linear, size_t batch) {
  const auto prompts = Prompts(checkpoint.config(), batch);
  Logits logits;
  for (const auto& prompt : prompts) {
    logits.emplace_back(prompt.size(), checkpoint.config().vocab_size);
  }
  const auto engine = ValueOrDie(Engine::Create(
      checkpoint, std::move(linear),
      {.threads = kThreads, .batch_size = batch, .prefill_length = kLength, .lanes = 2}));
  const absl::Status status =
      engine->Run(prompts, {}, [&](size_t prompt, size_t first, ConstMatrixView<float> rows) {
        for (size_t r = 0; r < rows.rows(); ++r) {
          std::copy_n(rows.row(r), rows.cols(), logits[prompt].view().row(first + r));
        }
      });
  EXPECT_TRUE(status.ok()) << status;
  return logits;
}

double MaxDifference(const Logits& a, const Logits& b) {
  double most = 0;
  for (size_t p = 0; p < a.size(); ++p) {
    for (size_t i = 0; i < a[p].view().size(); ++i) {
      most = std::max(most, std::abs(double{a[p].view().data()[i]} - b[p].view().data()[i]));
    }
  }
  return most;
}

struct Case {
  NumberFormat format;
  DataPlane plane;
  size_t batch;
  double tolerance;
};

class PlainSplitTest : public testing::TestWithParam<Case> {
 protected:
  static void ExpectEqualsLocal(const std::string& model_dir) {
    const auto [format, plane, batch, tolerance] = GetParam();
    const HonestServer server = HonestServer::Start(model_dir);
    const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(model_dir));
    ThreadPool pool(kThreads);
    const Logits want = Prefill(
        checkpoint, ValueOrDie(MakeLocalLinear(checkpoint, {.precision = Precision::kF32}, pool)),
        batch);
    SessionOptions options = server.ClientOptions(format);
    options.data_plane = plane;
    const std::shared_ptr<AcceleratorSession> session =
        ValueOrDie(AcceleratorSession::Open(server.endpoint(), options));
    const Logits got =
        Prefill(checkpoint,
                ValueOrDie(OffloadedPlainLinear::Create(checkpoint, MakeSessionChannel(session),
                                                        {.format = format, .exchange_rows = 24})),
                batch);
    EXPECT_LE(MaxDifference(got, want), tolerance);
    EXPECT_GT(session->stats().exchanges, 0u);
  }
};

TEST_P(PlainSplitTest, ShippedModel) { ExpectEqualsLocal(ShippedModelDir()); }

TEST_P(PlainSplitTest, Stories260K) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  ExpectEqualsLocal(*data + "/stories260K");
}

// f32 both ways: only the order of sums differs, far below 1e-3 for logits of magnitude 10 after
// at most five blocks. bf16: each of some 20 products is rounded to 2^-9 of its size; half a unit
// is what a wrong layer or row would exceed many times over.
INSTANTIATE_TEST_SUITE_P(Formats, PlainSplitTest,
                         testing::Values(Case{NumberFormat::kF32, DataPlane::kGrpc, 1, 1e-3},
                                         Case{NumberFormat::kF32, DataPlane::kGrpc, 4, 1e-3},
                                         Case{NumberFormat::kF32, DataPlane::kShm, 1, 1e-3},
                                         Case{NumberFormat::kF32, DataPlane::kShm, 4, 1e-3},
                                         Case{NumberFormat::kBf16, DataPlane::kShm, 2, 0.5}),
                         [](const auto& info) {
                           return std::string(DataPlaneName(info.param.plane)) +
                                  (info.param.format == NumberFormat::kF32 ? "F32" : "Bf16") +
                                  "Batch" + std::to_string(info.param.batch);
                         });

}  // namespace
}  // namespace sotto
