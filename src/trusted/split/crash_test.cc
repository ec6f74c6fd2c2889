// Either side dies at random points, 200 times; afterwards no pad was ever sent twice. Shown from
// what the accelerators were sent: all inputs are the same, so a mask used twice is the same
// message twice.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <set>
#include <string>

#include "base/file.h"
#include "testing/in_process_accelerator.h"
#include "testing/small_config.h"
#include "trusted/split/offloaded.h"
#include "trusted/split/pads.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr LinearLayer kLayer{LinearKind::kQkv, 0};
constexpr size_t kRows = 3, kColumns = 12;
constexpr size_t kMessageBytes = kRows * kColumns * sizeof(uint32_t);

// Writes every message to a file before anything else happens to it, and dies (as its process
// would) after `life` messages.
class RecordingAccelerator final : public InProcessAccelerator {
 public:
  RecordingAccelerator(std::shared_ptr<const RingModel> model, int fd, size_t life)
      : InProcessAccelerator(std::move(model)), fd_(fd), life_(life) {}

  absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer, const BlindedRows& rows,
                                                  AnswerRows answer) override {
    const auto payload = rows.payload();
    SOTTO_CHECK(payload.size() == kMessageBytes);
    SOTTO_CHECK(write(fd_, payload.data(), payload.size()) == kMessageBytes);
    if (life_-- == 0) Fail(absl::UnavailableError("fake: killed"));
    return InProcessAccelerator::Submit(layer, rows, answer);
  }

 private:
  const int fd_;
  size_t life_;
};

// The trusted side: the same rows through the same layer for ever, reconnecting whenever its
// accelerator is gone. Never returns.
[[noreturn]] void Serve(const TinyModel& model, const std::string& transcript,
                        const std::string& directory, uint32_t seed) {
  const int fd = open(transcript.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  SOTTO_CHECK(fd >= 0);
  std::mt19937 rng(seed);
  ThreadPool pool(1);
  auto weights = std::make_shared<PadWeights>(model.config(), FixedWeights::k12Bits);
  auto layers = std::make_shared<ProtectedLayers>(model.Protect(
      ProcessDrbg(), pool, [&](LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq) {
        weights->AddRows(layer, first, wq);
      }));
  const Matrix<float> x = [] {
    Matrix<float> ones(kRows, kColumns);
    std::fill_n(ones.view().data(), kRows * kColumns, 1.0f);
    return ones;
  }();
  Matrix<float> y(kRows, ShapeOf(model.config(), kLayer).n_out);
  for (;;) {
    PadOptions pads;
    pads.rows = kRows;
    pads.store = {1000, directory, 20'000};  // Most pads are files.
    std::vector<std::shared_ptr<AcceleratorChannel>> channels;
    channels.push_back(std::make_unique<RecordingAccelerator>(model.ring(), fd, rng() % 20));
    OffloadedLinear linear(layers, std::make_unique<PadBlinder>(weights, pads, ProcessDrbg()),
                           std::move(channels), {});
    const size_t bytes = linear.WorkspaceBytes(kRows, 1);
    const AlignedArray<uint8_t> memory = MakeAlignedArray<uint8_t>(bytes);
    const LinearInput input{x.view(), nullptr, 0, {memory.get(), bytes}};
    while (linear.Apply(kLayer, input, LinearTail::kStore, y.view(), pool).ok()) {
    }
  }
}

TEST(CrashTest, NoPadIsEverSentTwice) {
  const fs::path directory = fs::path(::testing::TempDir()) / "sotto_crash_test";
  fs::remove_all(directory);
  fs::create_directories(directory);
  const TinyModel model(TinyConfig(), 1);
  const std::string transcript = (directory / "transcript").string();
  std::mt19937 rng(2);
  const auto sent_bytes = [&] {
    std::error_code none_yet;
    const uintmax_t bytes = fs::file_size(transcript, none_yet);
    return none_yet ? 0 : bytes;
  };
  for (uint32_t run = 0; run < 200; ++run) {
    const uintmax_t before = sent_bytes();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) Serve(model, transcript, directory.string(), run);
    // Every other child is killed while it sends, however long a busy machine takes to get there.
    for (int wait = 0; run % 2 == 0 && wait < 10'000 && sent_bytes() == before; ++wait)
      usleep(1000);
    usleep(rng() % 60'000);
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "run " << run;
  }
  // No pad outlived its process: beside the transcript there may be names, but not a byte.
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path() == transcript) continue;
    EXPECT_EQ(entry.file_size(), 0u) << entry.path();
  }

  const std::string sent = *ReadFile(transcript);
  ASSERT_EQ(sent.size() % kMessageBytes, 0u);
  const size_t messages = sent.size() / kMessageBytes;
  EXPECT_GT(messages, 200u);
  // Row by row: a pad used at another offset would be seen as well.
  constexpr size_t kRowBytes = kMessageBytes / kRows;
  std::set<std::string> rows;
  for (size_t at = 0; at < sent.size(); at += kRowBytes) rows.insert(sent.substr(at, kRowBytes));
  EXPECT_EQ(rows.size(), messages * kRows);
  fs::remove_all(directory);
}

}  // namespace
}  // namespace sotto
