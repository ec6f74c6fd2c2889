// Checkpoints of several files: the index and the shards must agree.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "model/checkpoint.h"
#include "model/checkpoint_test_util.h"
#include "model/random_model.h"
#include "model/tensor_names.h"
#include "testing/small_config.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

class ShardedTest : public testing::Test {
 protected:
  void SetUp() override {
    RandomModelOptions options;
    options.config = TinyConfig();
    options.shard_bytes = 3500;
    ThreadPool pool(1);
    ASSERT_TRUE(WriteRandomModel(options, dir_.path(), pool).ok());
    index_ = dir_.Read("model.safetensors.index.json");
  }

  void Replace(const std::string& from, const std::string& to) {
    const size_t at = index_.find(from);
    ASSERT_NE(at, std::string::npos);
    index_.replace(at, from.size(), to);
    dir_.Write("model.safetensors.index.json", index_);
  }

  const TempDir dir_;
  std::string index_;
};

TEST_F(ShardedTest, Opens) {
  const auto checkpoint = Checkpoint::Open(dir_.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->tensors().size(), RequiredTensors(TinyConfig()).size());
}

TEST_F(ShardedTest, MissingShard) {
  std::filesystem::remove(dir_.File("model-00002-of-00002.safetensors"));
  ExpectRefused(dir_.path(), absl::StatusCode::kNotFound, "model-00002-of-00002.safetensors");
}

TEST_F(ShardedTest, TensorInTheWrongShard) {
  Replace("\"model.norm.weight\": \"model-00002", "\"model.norm.weight\": \"model-00001");
  ExpectRefused(dir_.path(), absl::StatusCode::kDataLoss, "model.norm.weight");
}

TEST_F(ShardedTest, TensorInNoShard) {
  Replace("\"weight_map\": {", "\"weight_map\": {\"ghost\": \"model-00001-of-00002.safetensors\",");
  ExpectRefused(dir_.path(), absl::StatusCode::kDataLoss, "does not hold tensor \"ghost\"");
}

TEST_F(ShardedTest, TensorThatTheIndexLeavesOut) {
  Replace("\"model.norm.weight\"", "\"model.other\"");
  ExpectRefused(dir_.path(), absl::StatusCode::kDataLoss, "model.other");
}

}  // namespace
}  // namespace sotto
