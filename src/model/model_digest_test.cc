// What names a model, and that what is named is what is read.
#include "model/model_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/strings.h"
#include "model/checkpoint.h"
#include "model/random_model.h"
#include "model/safetensors.h"
#include "model/sealed_model_test_util.h"
#include "model/sha256.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;

constexpr char kChangedTensor[] = "model.layers.1.mlp.down_proj.weight";

TEST(ModelDigestsTest, IsTheHashOfFourLines) {
  const ModelDigests digests{std::string(64, 'c'), std::string(64, 't'), std::string(64, 'w')};
  const std::string c(64, 'c'), t(64, 't'), w(64, 'w');
  EXPECT_EQ(digests.model_sha256(), Sha256Hex("sotto model digest v1\nconfig.json " + c +
                                              "\ntokenizer.json " + t + "\nweights " + w + "\n"));
  EXPECT_EQ((ModelDigests{c, "", w}.model_sha256()),
            Sha256Hex("sotto model digest v1\nconfig.json " + c +
                      "\ntokenizer.json none\nweights " + w + "\n"));
}

// The example of docs/result_format.md, whose commands gave these digests.
TEST(ModelDigestsTest, OfTheShippedModel) {
  const auto checkpoint = Checkpoint::Open(ShippedModelDir());
  ThreadPool pool(1);
  const auto digests = checkpoint->Digests(pool);
  ASSERT_TRUE(digests.ok());
  EXPECT_EQ(digests->config_sha256,
            "9c8368e6dfc1fd4f44ff22314342a99f328c556633e02721cfc8225bd841057b");
  EXPECT_EQ(digests->tokenizer_sha256,
            "9a6f4cac6ed767598eca40243eec2cccf70e38bf269fe22f2106295262191295");
  EXPECT_EQ(digests->weights_sha256,
            "0dc57caa201d1aa3c271705c51e4990ba4ec6ade8adb0fa0cfb9062a997d8885");
  EXPECT_EQ(digests->model_sha256(),
            "abe0ffdd7165ff0cc9eb250b4799e21f16edb6d133ff70b42508c93d6f00e2cd");
}

// A directory with a small model, as a host has it that may write to it at any time.
class PinnedModelTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(WriteRandomModel(SmallModel(1), dir_.File("m"), pool_).ok());
    dir_.Write("m/tokenizer.json", "{\"tokenizer\": 1}");
    const Checkpoint checkpoint = Open();
    digests_ = *checkpoint.Digests(pool_);
    config_ = checkpoint.config();
  }

  Checkpoint Open() { return *Checkpoint::Open(dir_.File("m")); }
  ModelPins Whole() const { return {.model_sha256 = digests_.model_sha256()}; }
  ModelPins Weights() const { return {.weights_sha256 = digests_.weights_sha256}; }

  // Flips a bit of a byte of the weights, in the file and so in whatever has mapped it.
  void ChangeWeights() {
    const auto entry =
        SafetensorsFile::Open(dir_.File("m/model.safetensors"))->Find(kChangedTensor);
    FlipAt(entry->begin + 100);
  }
  void FlipAt(uint64_t offset) {
    std::fstream file(dir_.File("m/model.safetensors"),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
  }
  static absl::Status ReadChanged(const Checkpoint& checkpoint) {
    const TensorRef tensor = *checkpoint.Find(kChangedTensor);
    Matrix<float> rows(tensor.shape[0], tensor.shape[1]);
    return checkpoint.ReadRows(tensor, 0, rows.view());
  }
  static void ExpectChanged(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(StrCat(kChangedTensor, " was changed while it was in use")));
  }
  void ExpectRefused(const ModelPins& pins, const std::string& flag) {
    const absl::Status status = Open().CheckPins(pins, pool_);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(flag));
  }

  const TempDir dir_;
  ThreadPool pool_{2};
  ModelDigests digests_;
  ModelSpec config_;
};

TEST_F(PinnedModelTest, TheModelItselfPasses) {
  EXPECT_TRUE(Open().CheckPins({}, pool_).ok());
  EXPECT_TRUE(Open().CheckPins(Whole(), pool_).ok());
  EXPECT_TRUE(Open().CheckPins(Weights(), pool_).ok());
}

TEST_F(PinnedModelTest, AnotherConfigIsAnotherModel) {
  config_.layers[0].attention.rope.theta *= 2;
  dir_.Write("m/config.json", ConfigToJson(config_));
  ExpectRefused(Whole(), "model_sha256: ");
  EXPECT_TRUE(Open().CheckPins(Weights(), pool_).ok());
}

TEST_F(PinnedModelTest, AnotherTokenizerOrNoneIsAnotherModel) {
  dir_.Write("m/tokenizer.json", "{\"tokenizer\": 2}");
  ExpectRefused(Whole(), "model_sha256: ");
  std::filesystem::remove(dir_.File("m/tokenizer.json"));
  ExpectRefused(Whole(), "model_sha256: ");
  EXPECT_TRUE(Open().CheckPins(Weights(), pool_).ok());
}

TEST_F(PinnedModelTest, OtherWeightsAreAnotherModel) {
  ChangeWeights();
  ExpectRefused(Whole(), "model_sha256: ");
  ExpectRefused(Weights(), "weights_sha256: ");
}

// What was hashed is what is read, in whichever order, however the file is changed in between.
TEST_F(PinnedModelTest, WeightsChangedAfterTheHashAreNotRead) {
  const Checkpoint checkpoint = Open();
  ASSERT_TRUE(checkpoint.CheckPins(Whole(), pool_).ok());
  ChangeWeights();
  ExpectChanged(ReadChanged(checkpoint));
}

TEST_F(PinnedModelTest, WeightsChangedAfterTheyWereReadAreNotHashed) {
  const Checkpoint checkpoint = Open();
  ChangeWeights();  // The work is done with these,
  ASSERT_TRUE(ReadChanged(checkpoint).ok());
  ChangeWeights();  // and the genuine ones come back in time for the digest.
  ExpectChanged(checkpoint.WeightsSha256(pool_).status());
}

TEST_F(PinnedModelTest, WeightsReadTwiceAreTheSame) {
  const Checkpoint checkpoint = Open();
  ASSERT_TRUE(ReadChanged(checkpoint).ok());
  EXPECT_TRUE(ReadChanged(checkpoint).ok());
  ChangeWeights();
  ExpectChanged(ReadChanged(checkpoint));
}

// The header says where tensors lie: the digest is of the one that was parsed.
TEST_F(PinnedModelTest, TheHeaderThatWasParsedIsHashed) {
  const Checkpoint genuine = Open();
  FlipAt(12);
  EXPECT_EQ(*genuine.WeightsSha256(pool_), digests_.weights_sha256);
}

TEST_F(PinnedModelTest, ConfigAndTokenizerAreThoseThatWereParsed) {
  const Checkpoint checkpoint = Open();
  ASSERT_TRUE(checkpoint.TokenizerJson().ok());
  dir_.Write("m/tokenizer.json", "{\"tokenizer\": 2}");
  dir_.Write("m/config.json", "{}");
  EXPECT_EQ(checkpoint.Digests(pool_)->model_sha256(), digests_.model_sha256());
  EXPECT_EQ(**checkpoint.TokenizerJson(), "{\"tokenizer\": 1}");
}

}  // namespace
}  // namespace sotto
