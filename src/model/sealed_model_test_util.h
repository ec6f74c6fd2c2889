// Two small models of one shape, sealed, with a cipher and without. Test-only.
#ifndef SOTTO_MODEL_SEALED_MODEL_TEST_UTIL_H_
#define SOTTO_MODEL_SEALED_MODEL_TEST_UTIL_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "base/strings.h"
#include "model/random_model.h"
#include "model/sealed_model.h"
#include "testing/temp_dir.h"

namespace sotto {

inline constexpr uint32_t kChunkBytes = 4096;

inline RandomModelOptions SmallModel(uint64_t seed) {
  RandomModelOptions options;
  options.config.hidden_size = 32;
  options.config.layers.assign(
      2, {.attention = AttentionOf(2, 1, 16), .mlp = {.intermediate_size = 48}});
  options.config.vocab_size = 33;
  options.config.max_position_embeddings = 64;
  options.seed = seed;
  return options;
}

// Each test runs without a cipher and with one.
class SealedModelTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    dir_.Write("key", std::string(32, 'k'));
    dir_.Write("other_key", std::string(64, 'a') + "\n");
    for (const uint64_t seed : {1, 2}) {
      const std::string model = dir_.File(StrCat("model", seed));
      ASSERT_TRUE(WriteRandomModel(SmallModel(seed), model, pool_).ok());
      dir_.Write(StrCat("model", seed, "/tokenizer.json"), "{\"tokenizer\": true}");
      const auto root = SealModel(model, dir_.File(StrCat("sealed", seed)), Sealing(), pool_);
      ASSERT_TRUE(root.ok()) << root.status();
      (seed == 1 ? root_ : other_root_) = *root;
    }
    bytes_ = dir_.Read("sealed1");
    other_bytes_ = dir_.Read("sealed2");
    header_ = *ParseSealedHeader({reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()},
                                 bytes_.size(), "sealed1");
    ASSERT_GE(header_.chunk_count, 4u);
  }

  SealOptions Sealing() const { return {GetParam() ? dir_.File("key") : "", kChunkBytes}; }
  UnsealOptions Pinned() const { return {GetParam() ? dir_.File("key") : "", root_}; }
  UnsealOptions Unpinned() const { return {GetParam() ? dir_.File("key") : "", std::nullopt}; }

  absl::Status OpenBytes(const std::string& bytes, const UnsealOptions& options) {
    return OpenSealedFiles(dir_.Write("tampered", bytes), options, pool_).status();
  }
  // Refused with and without a pinned root, the message holding `what`.
  void ExpectDamaged(const std::string& bytes, const std::string& what) {
    for (const UnsealOptions& options : {Pinned(), Unpinned()}) {
      const absl::Status status = OpenBytes(bytes, options);
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
      EXPECT_THAT(std::string(status.message()), testing::HasSubstr(what));
      EXPECT_THAT(std::string(status.message()), testing::HasSubstr(dir_.File("tampered")));
    }
  }

  std::string Chunk(const std::string& bytes, uint64_t i) const {
    return bytes.substr(header_.ChunkOffset(i), header_.ChunkLength(i));
  }
  std::string WithChunk(uint64_t i, const std::string& chunk) const {
    std::string bytes = bytes_;
    return bytes.replace(header_.ChunkOffset(i), chunk.size(), chunk);
  }
  template <typename T>
  std::string WithHeaderField(size_t offset, T value) const {
    std::string bytes = bytes_;
    std::memcpy(&bytes[offset], &value, sizeof value);
    return bytes;
  }

  const TempDir dir_;
  ThreadPool pool_{2};
  Hash256 root_{}, other_root_{};
  std::string bytes_, other_bytes_;
  SealedHeader header_;
};

inline std::string CipherName(const testing::TestParamInfo<bool>& info) {
  return info.param ? "AesGcm" : "HashTree";
}

}  // namespace sotto

#endif  // SOTTO_MODEL_SEALED_MODEL_TEST_UTIL_H_
