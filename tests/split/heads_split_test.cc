// Embeddings and labels computed with accelerators, for each family and head: under each protection
// those of local precision `fixed`, to the bit.
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sotto/prefill.h"
#include "testing/family_configs.h"
#include "testing/with_plain.h"
#include "tests/split/honest_server.h"

namespace sotto {
namespace {

constexpr size_t kLength = 24;

std::vector<TokenIds> SomePrompts() {
  std::vector<TokenIds> prompts;
  for (const size_t length : {1, 5, 24}) {
    TokenIds ids;
    for (size_t i = 0; i < length; ++i)
      ids.push_back(static_cast<int32_t>((i * 97 + length) % 2048));
    prompts.push_back(ids);
  }
  return prompts;
}

struct HeadResults {
  std::vector<Hidden> embeddings;
  std::vector<Classification> labels;
};

HeadResults Compute(const Model& model, Precision precision, std::optional<SplitOptions> split) {
  PrefillOptions options{.prefill_length = kLength,
                         .batch_size = 2,
                         .precision = precision,
                         .threads = 2,
                         .positions = Positions::kLast};
  options.split = std::move(split);
  Prefill prefill = ValueOrDie(Prefill::Create(model, options));
  HeadResults results;
  results.embeddings =
      ValueOrDie(prefill.Embed(SomePrompts(), {.pooling = Pooling::kMean, .normalize = true}));
  if (model.info().head.kind == HeadKind::kClassifier) {
    results.labels = ValueOrDie(prefill.Classify(SomePrompts()));
  }
  return results;
}

void ExpectSame(const HeadResults& got, const HeadResults& want) {
  ASSERT_EQ(got.embeddings.size(), want.embeddings.size());
  for (size_t i = 0; i < want.embeddings.size(); ++i) {
    EXPECT_EQ(got.embeddings[i].values, want.embeddings[i].values);
  }
  ASSERT_EQ(got.labels.size(), want.labels.size());
  for (size_t i = 0; i < want.labels.size(); ++i) {
    EXPECT_EQ(got.labels[i].logits, want.labels[i].logits);
    EXPECT_EQ(got.labels[i].probabilities, want.labels[i].probabilities);
  }
}

// Each is within some roundings of f32 of numbers of the order of 1.
void ExpectNear(const HeadResults& got, const HeadResults& want) {
  constexpr double kTolerance = 1e-4;
  for (size_t i = 0; i < want.embeddings.size(); ++i) {
    for (size_t j = 0; j < want.embeddings[i].values.size(); ++j) {
      EXPECT_NEAR(got.embeddings[i].values[j], want.embeddings[i].values[j], kTolerance);
    }
  }
  ASSERT_EQ(got.labels.size(), want.labels.size());
  for (size_t i = 0; i < want.labels.size(); ++i) {
    for (size_t k = 0; k < want.labels[i].logits.size(); ++k) {
      EXPECT_NEAR(got.labels[i].logits[k], want.labels[i].logits[k], kTolerance);
    }
  }
}

// Every family with every head but lm_head.
void ForEachHead(const std::function<void(const Model&)>& check) {
  HeadSpec labels = ClassifierHead({"a", "b", "c"});
  labels.pad_token_id = 97;
  for (const FamilyConfig& family : FamilyConfigs()) {
    for (const HeadSpec& head :
         {HeadSpec{.kind = HeadKind::kNone}, labels, ClassifierHead({"reward"})}) {
      const TempDir dir;
      const Model model = ValueOrDie(Model::Open(WriteFamilyModel(WithHead(family, head), dir)));
      SCOPED_TRACE(model.info().architecture);
      check(model);
    }
  }
}

TEST(HeadsSplitTest, GiveTheBitsOfLocalFixed) {
  ForEachHead([](const Model& model) {
    const std::string& path = model.info().path;
    const HeadResults local = Compute(model, Precision::kFixed, std::nullopt);
    const HonestServer a = HonestServer::Start(path), b = HonestServer::Start(path);
    const SplitOptions pads{.endpoints = {a.endpoint()},
                            .protection = Protection::kPads,
                            .pads = {.memory_bytes = size_t{64} << 20}};
    ExpectSame(Compute(model, Precision::kFixed, pads), local);
    const SplitOptions shares{.endpoints = {a.endpoint(), b.endpoint()},
                              .protection = Protection::kShares,
                              .insecure_channels = true,
                              .relay = RelayUse::kNever};
    ExpectSame(Compute(model, Precision::kFixed, shares), local);
  });
}

TEST(HeadsSplitTest, PlainGivesTheNumbersOfLocalF32) {
  ForEachHead([](const Model& model) {
    const HonestServer server = HonestServer::Start(model.info().path);
    const SplitOptions plain{.endpoints = {server.endpoint()}, .protection = Protection::kPlain};
    ExpectNear(Compute(model, Precision::kF32, plain),
               Compute(model, Precision::kF32, std::nullopt));
  });
}

}  // namespace
}  // namespace sotto
