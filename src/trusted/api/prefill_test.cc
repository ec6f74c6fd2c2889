#include "sotto/prefill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "kernels/elementwise.h"
#include "model/checkpoint.h"
#include "testing/small_model.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"
#include "trusted/api/token_scores.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using Prompts = std::vector<std::vector<int32_t>>;

// Of different lengths; the first two begin alike.
Prompts MakePrompts() {
  Prompts prompts = {{1, 5, 9, 13, 17}, {1, 5, 9, 2}, {3}, {11, 4, 4, 30, 2, 8, 6}, {7, 7}};
  return prompts;
}

// All logits, [position][id], by prompt.
using AllLogits = std::vector<std::vector<std::vector<float>>>;

class PrefillTest : public testing::Test {
 protected:
  Prefill Make(PrefillOptions options = {}) {
    options.prefill_length = 8;
    options.precision = Precision::kF32;
    if (options.threads == 0) options.threads = 2;
    absl::StatusOr<Prefill> prefill = Prefill::Create(model_, options);
    EXPECT_TRUE(prefill.ok()) << prefill.status();
    return *std::move(prefill);
  }
  AllLogits LogitsOf(Prefill& prefill, const Prompts& prompts) {
    AllLogits all(prompts.size());
    for (size_t i = 0; i < prompts.size(); ++i) all[i].resize(prompts[i].size());
    const absl::Status status =
        prefill.Logits(prompts, Positions::kAll, [&](const LogitsRows& rows) {
          for (size_t r = 0; r < rows.rows; ++r) {
            if (rows.prompt >= all.size()) continue;
            if (rows.first_position + r >= all[rows.prompt].size()) continue;
            all[rows.prompt][rows.first_position + r].assign(rows.row(r).begin(),
                                                             rows.row(r).end());
          }
        });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  const TempDir dir_;
  const Model model_ = SmallModel(dir_, 50, "");
  const Prompts prompts_ = MakePrompts();
};

double LogprobOf(const std::vector<float>& row, int32_t id) {
  return row[static_cast<size_t>(id)] - LogSumExpRow(row.data(), row.size());
}

// Every way of running gives the same bits.
TEST_F(PrefillTest, ScoresAreThoseOfTheLogitsHoweverTheyAreBatched) {
  Prefill one = Make();
  const AllLogits logits = LogitsOf(one, prompts_);
  for (const size_t batch_size : {1, 2, 4}) {
    for (const bool padded : {false, true}) {
      Prefill prefill = Make({.batch_size = batch_size, .pad_compute = padded});
      EXPECT_EQ(LogitsOf(prefill, prompts_), logits);
      const auto scores = prefill.Score(prompts_, {.top_k = 2});
      ASSERT_TRUE(scores.ok()) << scores.status();
      ASSERT_EQ(scores->size(), prompts_.size());
      for (size_t p = 0; p < prompts_.size(); ++p) {
        const Scores& got = (*scores)[p];
        double sum = 0;
        ASSERT_EQ(got.logprobs.size(), prompts_[p].size());
        for (size_t i = 1; i < prompts_[p].size(); ++i) {
          EXPECT_EQ(got.logprobs[i], LogprobOf(logits[p][i - 1], prompts_[p][i]));
          sum += got.logprobs[i];
        }
        EXPECT_EQ(got.sum_logprob, sum);
        EXPECT_EQ(got.tokens, prompts_[p].size() - 1);
        for (size_t i = 0; i < prompts_[p].size(); ++i) {
          const std::vector<float>& row = logits[p][i];
          EXPECT_EQ(got.top_after(i)[0].id, std::ranges::max_element(row) - row.begin());
          EXPECT_EQ(got.top_after(i)[1].logprob, LogprobOf(row, got.top_after(i)[1].id));
        }
      }
    }
  }
}

TEST_F(PrefillTest, OwnersChangeWhatIsSharedButNoBit) {
  const Prompts prompts(4, TokenIds(80, 7));
  auto prefill = Prefill::Create(
      model_, {.prefill_length = 80, .batch_size = 4, .precision = Precision::kF32, .threads = 2});
  ASSERT_TRUE(prefill.ok()) << prefill.status();
  const auto shared = prefill->Score(prompts);
  const auto apart = prefill->Score(prompts, {}, {.owners = {1, 2, 2, 3}});
  ASSERT_TRUE(shared.ok() && apart.ok()) << shared.status() << apart.status();
  for (size_t p = 0; p < prompts.size(); ++p) {
    EXPECT_EQ((*apart)[p].sum_logprob, (*shared)[p].sum_logprob);
    EXPECT_EQ((*apart)[p].top, (*shared)[p].top);
  }
  EXPECT_EQ(prefill->Score(prompts, {}, {.owners = {1}}).status(),
            absl::InvalidArgumentError("owners: 1 given for 4 prompts"));
}

TEST_F(PrefillTest, ScoresFromATokenOnAreTheSameBits) {
  const Prompts prompts = {prompts_[0], prompts_[3]};
  for (const bool padded : {false, true}) {
    Prefill prefill = Make({.batch_size = 2, .pad_compute = padded});
    const auto all = prefill.Score(prompts);
    const auto some = prefill.Score(prompts, {.first_tokens = {3, 6}});
    ASSERT_TRUE(some.ok()) << some.status();
    EXPECT_EQ((*some)[0].tokens, 2u);
    EXPECT_EQ((*some)[0].sum_logprob, (*all)[0].logprobs[3] + (*all)[0].logprobs[4]);
    EXPECT_EQ((*some)[1].sum_logprob, (*all)[1].logprobs[6]);
    EXPECT_TRUE(std::isnan((*some)[0].logprobs[2]));
    EXPECT_EQ((*some)[0].top_after(2)[0], (*all)[0].top_after(2)[0]);
  }
}

TEST_F(PrefillTest, NamedTokensHaveTheLogprobsOfTheWholeVocabulary) {
  const std::vector<NamedTokens> named = {{.prompt = 3, .position = 6, .ids = {0, 49}},
                                          {.prompt = 0, .position = 0, .ids = {17}},
                                          {.prompt = 3, .position = 6, .ids = {}},
                                          {.prompt = 4, .position = 1, .ids = {7}}};
  Prefill one = Make();
  const AllLogits logits = LogitsOf(one, prompts_);
  for (const bool padded : {false, true}) {
    Prefill prefill = Make({.batch_size = 4, .pad_compute = padded});
    const auto got = prefill.LogprobsOf(prompts_, named);
    ASSERT_TRUE(got.ok()) << got.status();
    for (size_t i = 0; i < named.size(); ++i) {
      ASSERT_EQ((*got)[i].size(), named[i].ids.size());
      for (size_t k = 0; k < named[i].ids.size(); ++k) {
        EXPECT_EQ((*got)[i][k],
                  LogprobOf(logits[named[i].prompt][named[i].position], named[i].ids[k]));
      }
    }
  }
}

// Scores and named tokens of one run: nothing is scored of the second prompt but what is named.
// From their rows of lm_head alone, and from whole rows where something else needs them.
TEST_F(PrefillTest, NamedTokensAmongThemselves) {
  std::vector<NamedTokens> named = {
      {.prompt = 3, .position = 6, .ids = {49, 0}, .among = NamedAmong::kNamed},
      {.prompt = 0, .position = 4, .ids = {7, 7, 12}, .among = NamedAmong::kNamed},
      {.prompt = 3, .position = 2, .ids = {30}, .among = NamedAmong::kNamed}};
  Prefill one = Make();
  const AllLogits logits = LogitsOf(one, prompts_);
  using Values = std::vector<std::vector<double>>;
  Values want;
  for (const NamedTokens& wanted : named) {
    const std::vector<float>& row = logits[wanted.prompt][wanted.position];
    double sum = 0;
    for (const int32_t id : wanted.ids) sum += std::exp(double{row[id]});
    want.emplace_back();
    for (const int32_t id : wanted.ids) want.back().push_back(row[id] - std::log(sum));
  }
  const auto alone = one.LogprobsOf(prompts_, named);
  ASSERT_TRUE(alone.ok()) << alone.status();
  for (size_t i = 0; i < named.size(); ++i) {
    for (size_t k = 0; k < named[i].ids.size(); ++k) {
      EXPECT_NEAR((*alone)[i][k], want[i][k], 1e-12) << i << " " << k;
    }
  }
  for (const bool padded : {false, true}) {
    Prefill prefill = Make({.batch_size = 4, .pad_compute = padded});
    EXPECT_EQ(*prefill.LogprobsOf(prompts_, named), *alone);
    std::vector<size_t> ends;
    for (const TokenIds& prompt : prompts_) ends.push_back(prompt.size());
    const auto scores = prefill.Score(prompts_, {.top_k = 0, .first_tokens = ends, .named = named});
    ASSERT_TRUE(scores.ok()) << scores.status();
    EXPECT_EQ((*scores)[3].named, (Values{(*alone)[0], (*alone)[2]}));
    EXPECT_EQ((*scores)[0].named, Values{(*alone)[1]});
    const auto whole = prefill.Score(prompts_, {.named = named});
    ASSERT_TRUE(whole.ok()) << whole.status();
    EXPECT_EQ((*whole)[0].named, Values{(*alone)[1]});
  }
  named[1].among = static_cast<NamedAmong>(2);
  EXPECT_EQ(one.LogprobsOf(prompts_, named).status(),
            absl::InvalidArgumentError("named tokens 1: among: 2 is none of its values"));
}

TEST_F(PrefillTest, NamedTokensBesideScores) {
  const Prompts prompts = {prompts_[0], prompts_[3], prompts_[1]};
  const ScoreOptions options{.first_tokens = {3, prompts[1].size(), prompts[2].size()},
                             .named = {{.prompt = 1, .position = 6, .ids = {0, 49}},
                                       {.prompt = 0, .position = 4, .ids = {17}},
                                       {.prompt = 1, .position = 2, .ids = {7}}}};
  Prefill one = Make();
  const auto want = one.LogprobsOf(prompts, options.named);
  ASSERT_TRUE(want.ok()) << want.status();
  for (const bool padded : {false, true}) {
    Prefill prefill = Make({.batch_size = 2, .pad_compute = padded});
    const auto got = prefill.Score(prompts, options);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ((*got)[0].tokens, prompts[0].size() - 3);
    EXPECT_EQ((*got)[0].named, (std::vector<std::vector<double>>{(*want)[1]}));
    EXPECT_EQ((*got)[1].tokens, 0u);
    EXPECT_EQ((*got)[1].sum_logprob, 0.0);
    EXPECT_EQ((*got)[1].named, (std::vector<std::vector<double>>{(*want)[0], (*want)[2]}));
    EXPECT_EQ((*got)[2].named.size(), 0u);
  }
}

TEST_F(PrefillTest, GreedyTokensAreTheMostLikelyOnes) {
  Prefill prefill = Make();
  TokenIds ids = {3};
  for (int i = 0; i < 3; ++i) {
    const auto scores = prefill.Score(Prompts{ids});
    ASSERT_TRUE(scores.ok()) << scores.status();
    ids.push_back(scores->front().top_after(ids.size() - 1)[0].id);
  }
  TokenIds other = ids;
  other[1] = (ids[1] + 1) % 50;
  const auto scores = prefill.Score(Prompts{ids, other});
  ASSERT_TRUE(scores.ok()) << scores.status();
  EXPECT_TRUE((*scores)[0].IsGreedy(ids, 1));
  EXPECT_FALSE((*scores)[1].IsGreedy(other, 1));
  EXPECT_TRUE((*scores)[1].IsGreedy(other, other.size()));  // Of no tokens.
}

TEST_F(PrefillTest, HiddenStatesPoolAsTheySay) {
  Prefill one = Make();
  const auto every = one.HiddenStates(prompts_, Pooling::kAll);
  ASSERT_TRUE(every.ok()) << every.status();
  for (const bool padded : {false, true}) {
    Prefill prefill = Make({.batch_size = 3, .pad_compute = padded});
    const auto all = prefill.HiddenStates(prompts_, Pooling::kAll);
    const auto last = prefill.HiddenStates(prompts_, Pooling::kLast);
    const auto mean = prefill.HiddenStates(prompts_, Pooling::kMean);
    ASSERT_TRUE(all.ok() && last.ok() && mean.ok());
    for (size_t p = 0; p < prompts_.size(); ++p) {
      const Hidden& want = (*every)[p];
      ASSERT_EQ(want.rows, prompts_[p].size());
      ASSERT_EQ(want.hidden_size, model_.info().hidden_size);
      EXPECT_EQ((*all)[p].values, want.values);
      EXPECT_TRUE(std::ranges::equal((*last)[p].values, want.row(want.rows - 1)));
      for (size_t j = 0; j < want.hidden_size; ++j) {
        double sum = 0;
        for (size_t i = 0; i < want.rows; ++i) sum += want.row(i)[j];
        EXPECT_EQ((*mean)[p].values[j], static_cast<float>(sum / static_cast<double>(want.rows)));
      }
    }
  }
}

// lm_head times the hidden states is the logits. Sums of 8 products of floats: each rounding is at
// most 2^-24 of the sum of magnitudes, which stays below 8, so 9 of them are below 5e-6.
TEST_F(PrefillTest, HiddenStatesAreThoseBeforeLmHead) {
  Prefill prefill = Make();
  const AllLogits logits = LogitsOf(prefill, prompts_);
  const auto hidden = prefill.HiddenStates(prompts_, Pooling::kAll);
  ASSERT_TRUE(hidden.ok()) << hidden.status();
  const Checkpoint checkpoint = *Checkpoint::Open(model_.info().path);
  Matrix<float> lm_head(model_.info().vocab_size, model_.info().hidden_size);
  ASSERT_TRUE(checkpoint.ReadRows(*checkpoint.Find("lm_head.weight"), 0, lm_head.view()).ok());
  for (size_t p = 0; p < prompts_.size(); ++p) {
    for (size_t i = 0; i < prompts_[p].size(); ++i) {
      for (size_t id = 0; id < lm_head.rows(); ++id) {
        double sum = 0;
        for (size_t j = 0; j < lm_head.cols(); ++j) {
          sum += double{(*hidden)[p].row(i)[j]} * lm_head.view()(id, j);
        }
        EXPECT_NEAR(logits[p][i][id], sum, 5e-6);
      }
    }
  }
}

TEST_F(PrefillTest, WrongInputIsNamedAndNothingRuns) {
  Prefill prefill = Make();
  const auto message = [](const absl::Status& status) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_EQ(message(prefill.Score(Prompts()).status()), "no prompts");
  EXPECT_EQ(message(prefill.Score(Prompts{{1}, {}}).status()),
            "prompt 1: has 0 tokens; must be 1 to 8");
  EXPECT_EQ(message(prefill.Score(Prompts{{1, 50}}, {}, {.names = {"file: line 3"}}).status()),
            "file: line 3: the id at position 1 is beyond the model's vocabulary of 50");
  EXPECT_THAT(message(prefill.Score(prompts_, {.top_k = 101}).status()), HasSubstr("top_k"));
  EXPECT_EQ(message(prefill.Score(prompts_, {.top_k = 51}).status()),
            "top_k: 51, but the model has 50 tokens");
  EXPECT_THAT(message(prefill.Score(prompts_, {.first_tokens = {1}}).status()),
              HasSubstr("first_tokens"));
  EXPECT_THAT(message(prefill.Score(Prompts{{1, 2}}, {.first_tokens = {3}}).status()),
              HasSubstr("first_tokens"));
  const std::vector<NamedTokens> beyond = {{.prompt = 2, .position = 1, .ids = {1}}};
  EXPECT_THAT(message(prefill.LogprobsOf(prompts_, beyond).status()), HasSubstr("no position 1"));
}

TEST(PrefillOptionsTest, ErrorsNameTheField) {
  const auto message = [](const PrefillOptions& options) {
    const absl::Status status = Validate(options);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_TRUE(Validate({}).ok());
  EXPECT_THAT(message({.prefill_length = 0}), testing::StartsWith("prefill_length: "));
  EXPECT_THAT(message({.batch_size = 0}), testing::StartsWith("batch_size: "));
  EXPECT_THAT(message({.threads = -1}), testing::StartsWith("threads: "));
  EXPECT_THAT(
      message({.precision = Precision::kF32, .attention_precision = AttentionPrecision::kBf16}),
      testing::StartsWith("attention_precision: "));
  EXPECT_THAT(message({.attention_precision = AttentionPrecision::kBf16, .split = SplitOptions()}),
              testing::StartsWith("attention_precision: "));
  EXPECT_THAT(message({.precision = Precision::kBf16, .split = SplitOptions()}),
              testing::StartsWith("precision: "));
  EXPECT_THAT(message({.weight_cache_dir = "d", .split = SplitOptions()}),
              testing::StartsWith("weight_cache_dir: "));
  EXPECT_THAT(message({.split = SplitOptions{.endpoints = {"nonsense"}}}),
              testing::StartsWith("endpoints: "));
}

TEST(PrefillOptionsTest, WhatAttentionIsComputedInAnywayMayBeNamed) {
  constexpr auto kF32 = AttentionPrecision::kF32;
  for (const auto precision :
       {Precision::kF32, Precision::kBf16, Precision::kInt8, Precision::kFixed}) {
    const absl::Status status = Validate({.precision = precision, .attention_precision = kF32});
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_TRUE(Validate({.attention_precision = kF32}).ok());
  SplitOptions split;
  split.endpoints = {"unix:/a"};
  const absl::Status status = Validate({.attention_precision = kF32, .split = split});
  EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("attention_precision")));
}

TEST(PrefillOptionsTest, ValuesBeyondTheirRangeAreRefused) {
  const auto message = [](const PrefillOptions& options) {
    return std::string(Validate(options).message());
  };
  // These would wrap the sizes that are planned from them.
  EXPECT_THAT(message({.prefill_length = 16, .batch_size = size_t{1} << 52}),
              testing::StartsWith("batch_size: "));
  EXPECT_THAT(message({.batch_size = SIZE_MAX}), testing::StartsWith("batch_size: "));
  EXPECT_THAT(message({.threads = 1'000'000'000}), testing::StartsWith("threads: "));
  EXPECT_EQ(message({.precision = static_cast<Precision>(99)}),
            "precision: 99 is none of its values");
  EXPECT_THAT(message({.attention_precision = static_cast<AttentionPrecision>(9)}),
              testing::StartsWith("attention_precision: "));
  EXPECT_THAT(message({.positions = static_cast<Positions>(9)}),
              testing::StartsWith("positions: "));
}

TEST(PrefillOptionsTest, SplitValuesBeyondTheirRangeAreRefused) {
  const auto message = [](const SplitOptions& split) {
    const absl::Status status = Validate({.split = split});
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  using std::chrono::milliseconds;
  using testing::StartsWith;
  EXPECT_THAT(message({.protection = static_cast<Protection>(99)}), StartsWith("protection: 99"));
  EXPECT_THAT(message({.pinned_keys = {"zz"}}), StartsWith("pinned_keys: "));
  EXPECT_THAT(message({.roots = {"garbage"}}), StartsWith("roots: "));
  EXPECT_THAT(message({.certificate = ClientCertificate{"a", "b"}}), StartsWith("certificate: "));
  EXPECT_THAT(
      message({.pinned_keys = {std::string(64, 'A')}, .certificate = ClientCertificate{"a", "b"}}),
      StartsWith("certificate: "));
  EXPECT_THAT(message({.relay = static_cast<RelayUse>(-1)}), StartsWith("relay: "));
  EXPECT_THAT(message({.data_plane = static_cast<DataPlane>(9)}), StartsWith("data_plane: "));
  EXPECT_THAT(message({.connect_timeout = milliseconds(-1)}), StartsWith("connect_timeout: "));
  EXPECT_THAT(message({.exchange_timeout = milliseconds(0)}), StartsWith("exchange_timeout: "));
  EXPECT_THAT(message({.pads = {.when_out = static_cast<WhenOut>(9)}}), StartsWith("when_out: "));
}

TEST_F(PrefillTest, WhatIsAskedForMustExist) {
  Prefill prefill = Make();
  const auto ignore = [](const LogitsRows&) {};
  EXPECT_TRUE(absl::IsInvalidArgument(prefill.Logits(prompts_, static_cast<Positions>(9), ignore)));
  EXPECT_TRUE(
      absl::IsInvalidArgument(prefill.HiddenStates(prompts_, static_cast<Pooling>(9)).status()));
}

TEST_F(PrefillTest, ARunThatIsStoppedIsCancelledAndTheNextOneIsWhole) {
  Prefill prefill = Make();
  const AllLogits logits = LogitsOf(prefill, prompts_);
  std::stop_source stop;
  RunControl control{.stop = stop.get_token()};
  control.progress = [&](const Progress& progress) {
    if (progress.tokens_done > 0) stop.request_stop();
  };
  EXPECT_TRUE(absl::IsCancelled(prefill.Score(prompts_, {}, control).status()));
  EXPECT_EQ(LogitsOf(prefill, prompts_), logits);
}

TEST_F(PrefillTest, ProgressEndsWithEverythingDone) {
  for (const bool padded : {false, true}) {
    Prefill prefill = Make({.batch_size = 2, .pad_compute = padded});
    std::vector<Progress> seen;
    RunControl control;
    control.progress = [&](const Progress& progress) { seen.push_back(progress); };
    ASSERT_TRUE(prefill.Score(prompts_, {}, control).ok());
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.back().tokens_total, padded ? 6u * 8 : 19u);
    EXPECT_EQ(seen.back().tokens_done, seen.back().tokens_total);
    EXPECT_EQ(seen.back().seconds_left, 0);
  }
}

TEST_F(PrefillTest, AConsumersErrorEndsTheRun) {
  Prefill prefill = Make();
  int asked = 0;
  RunRequest request;
  request.logits = [](const LogitsRows&) {};
  request.check = [&] { return ++asked == 2 ? absl::UnavailableError("full") : absl::OkStatus(); };
  EXPECT_EQ(prefill.Run(prompts_, request).status().message(), "full");
  EXPECT_EQ(asked, 2);
}

TEST_F(PrefillTest, TheCallersOpenMpSettingStays) {
  omp_set_num_threads(3);
  Prefill prefill = Make();
  ASSERT_TRUE(prefill.Score(prompts_).ok());
  EXPECT_EQ(omp_get_max_threads(), 3);
  omp_set_num_threads(1);
}

// A child lives on with what its parent made, and may let it go; its calls fail.
TEST_F(PrefillTest, AChildOfForkGetsAStatus) {
  const pid_t child = [this] {
    auto prefill = std::make_unique<Prefill>(Make());
    EXPECT_TRUE(prefill->Score(prompts_).ok());
    const pid_t pid = fork();
    if (pid != 0) return pid;
    const absl::Status status = prefill->Score(prompts_).status();
    prefill.reset();
    _exit(absl::IsFailedPrecondition(status) ? 7 : 1);
  }();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

TEST_F(PrefillTest, ACacheIsRefusedForASealedOrPinnedModel) {
  absl::StatusOr<Model> open = Model::Open(ShippedModelDir());
  ASSERT_TRUE(open.ok());
  const auto digests = open->Digests();
  ASSERT_TRUE(digests.ok());
  const auto pinned = Model::Open(ShippedModelDir(), {.model_sha256 = digests->model});
  ASSERT_TRUE(pinned.ok()) << pinned.status();
  const absl::Status status =
      Prefill::Create(*pinned, {.weight_cache_dir = dir_.File("cache")}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("weight_cache_dir: not available for a pinned model"));
  std::string wrong = digests->model;
  wrong[0] = wrong[0] == '0' ? '1' : '0';
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Model::Open(ShippedModelDir(), {.model_sha256 = wrong}).status()));
}

}  // namespace
}  // namespace sotto
