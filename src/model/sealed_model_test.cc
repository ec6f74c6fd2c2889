#include "model/sealed_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "base/strings.h"
#include "model/checkpoint_test_util.h"
#include "model/random_model.h"
#include "model/safetensors.h"
#include "model/sealed_chunk.h"
#include "model/sealed_model_test_util.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

TEST_P(SealedModelTest, HoldsWhatWasSealed) {
  const auto plain = Checkpoint::Open(dir_.File("model1"));
  const auto sealed = OpenModel(dir_.File("sealed1"), Pinned(), pool_);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(ConfigToJson(sealed->config()), ConfigToJson(plain->config()));
  EXPECT_EQ(*sealed->WeightsSha256(pool_), *plain->WeightsSha256(pool_));
  EXPECT_EQ(**sealed->TokenizerJson(), "{\"tokenizer\": true}");
  EXPECT_EQ(sealed->Digests(pool_)->model_sha256(), plain->Digests(pool_)->model_sha256());
  ASSERT_EQ(sealed->tensors().size(), plain->tensors().size());
  for (size_t i = 0; i < plain->tensors().size(); ++i) {
    const TensorRef &a = plain->tensors()[i], &b = sealed->tensors()[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(StoredBytes(*plain, a), StoredBytes(*sealed, b));
  }
}

TEST_P(SealedModelTest, ShardedModels) {
  RandomModelOptions options = SmallModel(3);
  options.shard_bytes = 9000;
  ASSERT_TRUE(WriteRandomModel(options, dir_.File("sharded"), pool_).ok());
  ASSERT_TRUE(SealModel(dir_.File("sharded"), dir_.File("sealed3"), Sealing(), pool_).ok());
  const auto plain = Checkpoint::Open(dir_.File("sharded"));
  const auto sealed = OpenModel(dir_.File("sealed3"), Unpinned(), pool_);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(*sealed->WeightsSha256(pool_), *plain->WeightsSha256(pool_));
  EXPECT_EQ(*sealed->HashWeights(pool_), *plain->WeightsSha256(pool_));
}

// A tied model that holds a copy of its embedding as lm_head: they are compared when it is opened,
// and both are still there afterwards.
TEST_P(SealedModelTest, TiedModelsWithAnLmHead) {
  RandomModelOptions options = SmallModel(4);
  options.config.vocab_size = 900;  // Tensors of several pages.
  ASSERT_TRUE(WriteRandomModel(options, dir_.File("tied"), pool_).ok());
  std::string bytes = dir_.Read("tied/model.safetensors");
  const auto file = SafetensorsFile::Open(dir_.File("tied/model.safetensors"));
  const auto head = *file->Find("lm_head.weight"), table = *file->Find("model.embed_tokens.weight");
  bytes.replace(head.begin, head.end - head.begin, bytes, table.begin, table.end - table.begin);
  dir_.Write("tied/model.safetensors", bytes);
  options.config.tie_word_embeddings = true;
  dir_.Write("tied/config.json", ConfigToJson(options.config));
  ASSERT_TRUE(SealModel(dir_.File("tied"), dir_.File("sealed4"), Sealing(), pool_).ok());
  const auto plain = Checkpoint::Open(dir_.File("tied"));
  const auto sealed = OpenModel(dir_.File("sealed4"), Unpinned(), pool_);
  ASSERT_TRUE(plain.ok() && sealed.ok()) << sealed.status();
  const TensorRef a = *plain->Find("model.embed_tokens.weight");
  const TensorRef b = *sealed->Find("model.embed_tokens.weight");
  EXPECT_EQ(StoredBytes(*plain, a), StoredBytes(*sealed, b));
}

TEST_P(SealedModelTest, TheSameModelGivesTheSameFileOnlyWithoutAKey) {
  const auto root = SealModel(dir_.File("model1"), dir_.File("again"), Sealing(), pool_);
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(dir_.Read("again") == bytes_, !GetParam());
  EXPECT_EQ(*root == root_, !GetParam());
}

TEST_P(SealedModelTest, DroppedTensorsAreGone) {
  const auto sealed = OpenModel(dir_.File("sealed1"), Pinned(), pool_);
  const TensorRef table = *sealed->Find("model.embed_tokens.weight");
  Matrix<float> rows(33, 32);
  EXPECT_TRUE(sealed->ReadRows(table, 0, rows.view()).ok());
  sealed->DropPages(table);
  EXPECT_EQ(sealed->ReadRows(table, 0, rows.view()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(
      sealed->ReadRows(*sealed->Find("model.norm.weight"), 0, Matrix<float>(1, 32).view()).ok());
}

TEST_P(SealedModelTest, KeysThatDoNotFit) {
  UnsealOptions options = Pinned();
  options.key_file = GetParam() ? "" : dir_.File("key");
  EXPECT_EQ(OpenBytes(bytes_, options).code(), absl::StatusCode::kFailedPrecondition);
  if (!GetParam()) return;
  options.key_file = dir_.File("other_key");
  EXPECT_EQ(OpenBytes(bytes_, options).code(), absl::StatusCode::kDataLoss);
  for (const std::string& bad : {std::string(), std::string(31, 'k'), std::string(33, 'k'),
                                 std::string(63, 'a'), std::string(64, 'x')}) {
    options.key_file = dir_.Write("bad_key", bad);
    EXPECT_EQ(OpenBytes(bytes_, options).code(), absl::StatusCode::kFailedPrecondition);
  }
  options.key_file = dir_.File("none");
  EXPECT_EQ(OpenBytes(bytes_, options).code(), absl::StatusCode::kNotFound);
}

TEST_P(SealedModelTest, AKeyInMemoryIsAsGoodAsAFile) {
  UnsealOptions options = Pinned();
  options.key_file.clear();
  const SecretBuffer key = *ReadKeyFile(dir_.File("key")), other(kSealKeyBytes);
  options.key = key.span();
  const absl::Status opened = OpenBytes(bytes_, options);
  EXPECT_EQ(opened.code(),
            GetParam() ? absl::StatusCode::kOk : absl::StatusCode::kFailedPrecondition);
  if (!GetParam()) return;
  options.key = other.span();
  EXPECT_EQ(OpenBytes(bytes_, options).code(), absl::StatusCode::kDataLoss);
  options.key = key.span().first(31);
  EXPECT_EQ(OpenBytes(bytes_, options).code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Ciphers, SealedModelTest, testing::Bool(), CipherName);

TEST(OpenModelTest, DirectoriesCannotBePinned) {
  ThreadPool pool(1);
  EXPECT_TRUE(OpenModel(ShippedModelDir(), {}, pool).ok());
  EXPECT_EQ(OpenModel(ShippedModelDir(), {"", Hash256{}}, pool).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(OpenModel(ShippedModelDir(), {"key", std::nullopt}, pool).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(OpenModel("/nowhere/m.sotto", {}, pool).status().code(), absl::StatusCode::kNotFound);
}

// The worked example of docs/sealed_model.md: the format, to the byte.
TEST(SealModelTest, ShippedModelsRoot) {
  const TempDir dir;
  ThreadPool pool(1);
  const auto root = SealModel(ShippedModelDir(), dir.File("out"), {}, pool);
  ASSERT_TRUE(root.ok()) << root.status();
  EXPECT_EQ(HashToHex(*root), "a8db70c9a93b776853768ec4d08e53f2091a0e7fd165a5e9780950e8112cda3c");
}

TEST(SealModelTest, RefusesWhatCannotBeOpenedAgain) {
  const TempDir dir;
  ThreadPool pool(1);
  EXPECT_EQ(SealModel(dir.path(), dir.File("out"), {}, pool).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(SealModel(ShippedModelDir(), "/nowhere/out", {}, pool).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace sotto
