// A whole forward pass with its linear layers in another party's hands equals the local one.
#include <cmath>
#include <functional>

#include "gtest/gtest.h"
#include "testing/test_data.h"
#include "testing/with_plain.h"
#include "tests/split/honest_server.h"
#include "trusted/engine/engine.h"
#include "trusted/linear/local.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

constexpr size_t kPlainLength = 40;
constexpr int kPlainThreads = 2;

using Logits = std::vector<Matrix<float>>;  // By prompt, [length, vocab].

std::vector<std::vector<int32_t>> Prompts(const ModelSpec& config, size_t batch) {
  std::vector<std::vector<int32_t>> prompts(batch);
  for (size_t p = 0; p < batch; ++p) {
    for (size_t i = 0; i < kPlainLength - p; ++i) {
      prompts[p].push_back(static_cast<int32_t>((1 + 37 * i + 101 * p * i) % config.vocab_size));
    }
  }
  return prompts;
}

// Calls `before_end` while the engine still has its parts.
Logits Prefill(
    const Checkpoint& checkpoint, EngineParts parts, size_t batch,
    const std::function<void()>& before_end = [] {}) {
  const auto prompts = Prompts(checkpoint.config(), batch);
  Logits logits;
  for (const auto& prompt : prompts) {
    logits.emplace_back(prompt.size(), checkpoint.config().vocab_size);
  }
  const auto engine = ValueOrDie(Engine::Create(
      checkpoint, std::move(parts),
      {.threads = kPlainThreads, .batch_size = batch, .prefill_length = kPlainLength, .lanes = 2}));
  const absl::Status status =
      engine->Run(prompts, {}, [&](size_t prompt, size_t first, ConstMatrixView<float> rows) {
        for (size_t r = 0; r < rows.rows(); ++r) {
          std::copy_n(rows.row(r), rows.cols(), logits[prompt].view().row(first + r));
        }
      });
  EXPECT_TRUE(status.ok()) << status;
  before_end();
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
  OffloadSet offload = {};
};

class PlainSplitTest : public testing::TestWithParam<Case> {
 protected:
  static void ExpectEqualsLocal(const std::string& model_dir) {
    const auto [format, plane, batch, tolerance, offload] = GetParam();
    const HonestServer server = HonestServer::Start(model_dir);
    const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(model_dir));
    ThreadPool pool(kPlainThreads);
    const Logits want = Prefill(
        checkpoint, {ValueOrDie(MakeLocalLinear(checkpoint, {.precision = Precision::kF32}, pool))},
        batch);
    SplitSetup options;
    options.protection = Protection::kPlain;
    options.endpoints = {server.endpoint()};
    options.data_plane = plane;
    options.plain_format = format;
    options.offload = offload;
    options.exchange_rows = 24;
    const auto runtime = ValueOrDie(SplitRuntime::Prepare(checkpoint, options, pool));
    SplitLinear split = ValueOrDie(runtime->Connect());
    ASSERT_EQ(split.embedding != nullptr, offload.embedding);
    ASSERT_EQ(split.attention != nullptr, offload.attention);
    uint64_t linear_exchanges = 0;
    const Logits got =
        Prefill(checkpoint,
                {std::move(split.linear), std::move(split.embedding), std::move(split.attention)},
                batch, [&] { linear_exchanges = split.stats().exchanges; });
    EXPECT_LE(MaxDifference(got, want), tolerance);
    // Beside the linear layers: one lookup; in each layer and token block two products a prompt,
    // but a block may lie in one prompt alone.
    const uint64_t others = split.sessions[0]->stats().exchanges - linear_exchanges;
    const uint64_t least = (offload.embedding ? 1 : 0) +
                           (offload.attention ? 2 * batch * checkpoint.config().num_layers() : 0);
    EXPECT_GE(others, least);
    EXPECT_TRUE(offload.attention || others == least);
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
INSTANTIATE_TEST_SUITE_P(
    Formats, PlainSplitTest,
    testing::Values(
        Case{NumberFormat::kF32, DataPlane::kGrpc, 1, 1e-3},
        Case{NumberFormat::kF32, DataPlane::kGrpc, 4, 1e-3},
        Case{NumberFormat::kF32, DataPlane::kShm, 1, 1e-3},
        Case{NumberFormat::kF32, DataPlane::kShm, 4, 1e-3},
        Case{NumberFormat::kF32, DataPlane::kShm, 1, 1e-3, {.embedding = true}},
        Case{NumberFormat::kF32, DataPlane::kGrpc, 4, 1e-3, {.attention = true}},
        Case{NumberFormat::kF32, DataPlane::kShm, 4, 1e-3, {.embedding = true, .attention = true}},
        Case{NumberFormat::kBf16, DataPlane::kShm, 2, 0.5}),
    [](const auto& info) {
      return std::string(DataPlaneName(info.param.plane)) +
             (info.param.format == NumberFormat::kF32 ? "F32" : "Bf16") + "Batch" +
             std::to_string(info.param.batch) + (info.param.offload.embedding ? "Embedding" : "") +
             (info.param.offload.attention ? "Attention" : "");
    });

// What shows the prompt is for protection plain, and what is not verified must not be asked for as
// verified.
TEST(OffloadTest, OnlyPlainMayOffloadMoreThanLinearLayers) {
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool(1);
  for (const OffloadSet offload : {OffloadSet{.embedding = true}, OffloadSet{.attention = true}}) {
    for (const Protection protection :
         {Protection::kShares, Protection::kPads, Protection::kPlain}) {
      SplitSetup options;
      options.protection = protection;
      options.endpoints = {"localhost:1"};
      options.insecure_channels = true;
      options.plain_format = NumberFormat::kRing32;
      options.offload = offload;
      if (protection == Protection::kShares) options.endpoints.push_back("localhost:2");
      EXPECT_EQ(SplitRuntime::Prepare(checkpoint, options, pool).status().code(),
                absl::StatusCode::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace sotto
