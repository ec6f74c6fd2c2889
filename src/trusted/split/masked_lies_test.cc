// A lie is reported as one, whatever else breaks before, beside or after it.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "testing/lying_accelerator.h"
#include "testing/small_config.h"
#include "trusted/split/offloaded.h"
#include "trusted/split/relay.h"
#include "trusted/split/shares.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;

const absl::Status kBroken = absl::UnavailableError("the connection broke");
constexpr size_t kRows = 3;
constexpr LinearLayer kLayer{LinearKind::kQkv, 0};

// Before anything is waited for or sent.
struct Hooks {
  std::function<absl::Status()> submit = [] { return absl::OkStatus(); };
  std::function<absl::Status()> wait = [] { return absl::OkStatus(); };
};

// Another channel, with hooks; what they return breaks it.
class HookedChannel final : public AcceleratorChannel {
 public:
  HookedChannel(std::unique_ptr<InProcessAccelerator> inner, Hooks hooks)
      : inner_(std::move(inner)), hooks_(std::move(hooks)) {}

  std::string endpoint() const override { return inner_->endpoint(); }
  size_t MaxRows(LinearLayer) const override { return kRows; }
  absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer, const BlindedRows& rows,
                                                  AnswerRows answer) override {
    SOTTO_RETURN_IF_ERROR(Break(hooks_.submit()));
    SOTTO_ASSIGN_OR_RETURN(auto pending, inner_->Submit(layer, rows, answer));
    return std::make_unique<HookedPending>(*this, std::move(pending));
  }
  void Fail(absl::Status why) override { inner_->Fail(std::move(why)); }
  absl::Status failure() const { return inner_->failure(); }

 private:
  class HookedPending final : public Pending {
   public:
    HookedPending(HookedChannel& channel, std::unique_ptr<Pending> inner)
        : channel_(channel), inner_(std::move(inner)) {}
    absl::Status Wait() override {
      SOTTO_RETURN_IF_ERROR(channel_.Break(channel_.hooks_.wait()));
      return inner_->Wait();
    }

   private:
    HookedChannel& channel_;
    const std::unique_ptr<Pending> inner_;
  };

  absl::Status Break(absl::Status status) {
    if (!status.ok()) inner_->Fail(status);
    return status;
  }

  const std::unique_ptr<InProcessAccelerator> inner_;
  const Hooks hooks_;
};

// OK, but kBroken in call number `when` (from 0) and after.
std::function<absl::Status()> BreaksAt(size_t when) {
  return
      [when, calls = size_t{0}]() mutable { return calls++ < when ? absl::OkStatus() : kBroken; };
}

class MaskedLiesTest : public ::testing::Test {
 protected:
  MaskedLiesTest()
      : model_(TinyConfig(), 2),
        layers_(std::make_shared<ProtectedLayers>(model_.Protect(ProcessDrbg(), pool_))) {}

  // A server that lies in answer number `when`, from 0, or never.
  void Add(std::optional<size_t> when, Hooks hooks) {
    std::unique_ptr<InProcessAccelerator> server;
    if (when) {
      server = std::make_unique<LyingAccelerator>(model_.ring(), Lie::kAddHalf, *when, 1);
    } else {
      server = std::make_unique<InProcessAccelerator>(model_.ring());
    }
    server->set_relay(relay_);
    auto channel = std::make_unique<HookedChannel>(std::move(server), std::move(hooks));
    channels_.push_back(channel.get());
    made_.push_back(std::move(channel));
  }
  void Make(std::unique_ptr<Blinder> blinder) {
    linear_ = std::make_unique<OffloadedLinear>(layers_, std::move(blinder), std::move(made_),
                                                OffloadedOptions{.caught = caught_});
  }
  void MakeShares() {
    Make(std::make_unique<ShareBlinder>(model_.config(), channels_.size(), ProcessDrbg()));
  }

  absl::Status Apply(size_t rows, ThreadPool& pool) {
    const LinearShape shape = layers_->at(kLayer).shape;
    Matrix<float> x(rows, shape.n_in), y(rows, shape.n_out);
    std::fill_n(x.view().data(), x.view().size(), 1.5f);
    const size_t bytes = linear_->WorkspaceBytes(rows, 1);
    const AlignedArray<uint8_t> memory = MakeAlignedArray<uint8_t>(bytes);
    return linear_->Apply(kLayer, {x.view(), nullptr, 0, {memory.get(), bytes}}, LinearTail::kStore,
                          y.view(), pool);
  }

  // The lie is what remains, in every place that is asked.
  void ExpectCaught(const absl::Status& status) {
    EXPECT_EQ(status.code(), Code::kAborted) << status;
    EXPECT_EQ(Apply(1, pool_), status);
    EXPECT_EQ(caught_->status(), status);
    for (const HookedChannel* channel : channels_) EXPECT_EQ(channel->failure(), status);
    auto& blinder = const_cast<Blinder&>(linear_->blinder());
    if (std::string(blinder.protection()) != "plain") {
      EXPECT_EQ(blinder.Begin(kLayer, 1).status(), status);
    }
  }
  // No lie was told, and nobody says so.
  void ExpectBroken(const absl::Status& status) {
    EXPECT_EQ(status, kBroken);
    EXPECT_EQ(Apply(1, pool_), kBroken);
    EXPECT_TRUE(caught_->status().ok());
    for (const HookedChannel* channel : channels_) EXPECT_EQ(channel->failure(), kBroken);
  }

  ThreadPool pool_{1};
  TinyModel model_;
  std::shared_ptr<const ProtectedLayers> layers_;
  const std::shared_ptr<CaughtLie> caught_ = std::make_shared<CaughtLie>();
  const std::shared_ptr<InProcessRelay> relay_ = std::make_shared<InProcessRelay>();
  std::vector<std::shared_ptr<AcceleratorChannel>> made_;
  std::vector<HookedChannel*> channels_;
  std::unique_ptr<OffloadedLinear> linear_;
};

// Lane A has its answer, a lie, when lane B's request finds the connection broken.
absl::Status RunTwoLanes(const std::function<absl::Status()>& lane_a,
                         const std::function<absl::Status()>& lane_b) {
  absl::Status a;
  std::thread thread([&] { a = lane_a(); });
  EXPECT_EQ(lane_b(), kBroken);
  thread.join();
  return a;
}

class TwoLanesTest : public MaskedLiesTest, public ::testing::WithParamInterface<bool> {};

TEST_P(TwoLanesTest, OnesAnswerIsJudgedAfterTheOthersFailure) {
  std::mutex mutex;
  std::condition_variable changed;
  bool a_sent = false, b_failed = false;
  size_t sent = 0;
  const bool lies = GetParam();
  Add(lies ? std::optional<size_t>(0) : std::nullopt,
      {.submit = [&] { return sent++ == 0 ? absl::OkStatus() : kBroken; },
       .wait =
           [&] {
             std::unique_lock lock(mutex);
             a_sent = true;
             changed.notify_all();
             changed.wait(lock, [&] { return b_failed; });
             return absl::OkStatus();
           }});
  Make(std::make_unique<UnprotectedRows>(model_.config()));
  const absl::Status a = RunTwoLanes([&] { return Apply(kRows, pool_); },
                                     [&] {
                                       std::unique_lock lock(mutex);
                                       changed.wait(lock, [&] { return a_sent; });
                                       lock.unlock();
                                       ThreadPool pool(1);
                                       const absl::Status status = Apply(kRows, pool);
                                       lock.lock();
                                       b_failed = true;
                                       changed.notify_all();
                                       return status;
                                     });
  if (lies) return ExpectCaught(a);
  EXPECT_TRUE(a.ok()) << a;  // Complete, verified and true.
  ExpectBroken(Apply(1, pool_));
}

INSTANTIATE_TEST_SUITE_P(LyingAndHonest, TwoLanesTest, ::testing::Bool());

// The second server is gone when the second exchange is to be sent; the first is answered.
TEST_F(MaskedLiesTest, AnotherServersSubmitFailsInTheNextExchange) {
  Add(0, {});
  Add(std::nullopt, {.submit = BreaksAt(1)});
  MakeShares();
  ExpectCaught(Apply(2 * kRows, pool_));
}

TEST_F(MaskedLiesTest, AnotherServersAnswerFailsInThePreviousExchange) {
  Add(1, {});
  size_t waits = 0;
  Add(std::nullopt, {.wait = [&] { return waits++ == 0 ? kBroken : absl::OkStatus(); }});
  MakeShares();
  ExpectCaught(Apply(2 * kRows, pool_));
}

TEST_F(MaskedLiesTest, TheRelaysSourceFailsWhereTheSinkLied) {
  Add(std::nullopt, {.wait = BreaksAt(0)});
  Add(0, {});
  Make(std::make_unique<RelayBlinder>(model_.config(), 1 << 20, ProcessDrbg()));
  ExpectCaught(Apply(kRows, pool_));
}

TEST_F(MaskedLiesTest, WithoutALieABrokenConnectionStaysOne) {
  Add(std::nullopt, {});
  Add(std::nullopt, {.submit = BreaksAt(1)});
  MakeShares();
  ExpectBroken(Apply(2 * kRows, pool_));
}

TEST_F(MaskedLiesTest, ALieThatCannotBeJudgedIsNone) {
  Add(0, {});
  Add(std::nullopt, {.wait = BreaksAt(0)});  // Its product is missing: nothing to add up.
  MakeShares();
  ExpectBroken(Apply(kRows, pool_));
}

}  // namespace
}  // namespace sotto
