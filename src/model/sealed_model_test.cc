#include "model/sealed_model.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>

#include "base/strings.h"
#include "model/random_model.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;

constexpr uint32_t kChunkBytes = 4096;

RandomModelOptions SmallModel(uint64_t seed) {
  RandomModelOptions options;
  options.config.hidden_size = 32;
  options.config.intermediate_size = 48;
  options.config.num_layers = 2;
  options.config.num_heads = 2;
  options.config.num_kv_heads = 1;
  options.config.head_dim = 16;
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
      EXPECT_THAT(std::string(status.message()), HasSubstr(what));
      EXPECT_THAT(std::string(status.message()), HasSubstr(dir_.File("tampered")));
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

TEST_P(SealedModelTest, HoldsWhatWasSealed) {
  const auto plain = Checkpoint::Open(dir_.File("model1"));
  const auto sealed = OpenModel(dir_.File("sealed1"), Pinned(), pool_);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(ConfigToJson(sealed->config()), ConfigToJson(plain->config()));
  EXPECT_EQ(*sealed->WeightsSha256(pool_), *plain->WeightsSha256(pool_));
  EXPECT_EQ(*sealed->ReadText("tokenizer.json", 100), "{\"tokenizer\": true}");
  EXPECT_FALSE(sealed->HasFile("other.json"));
  ASSERT_EQ(sealed->tensors().size(), plain->tensors().size());
  for (size_t i = 0; i < plain->tensors().size(); ++i) {
    const TensorRef &a = plain->tensors()[i], &b = sealed->tensors()[i];
    EXPECT_EQ(a.name, b.name);
    ASSERT_EQ(a.data.size(), b.data.size());
    EXPECT_EQ(std::memcmp(a.data.data(), b.data.data(), a.data.size()), 0);
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
  EXPECT_TRUE(sealed->HasFile("model.safetensors.index.json"));
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

// Every single-bit flip, wherever it is, is refused; one in a chunk by that chunk's number.
TEST_P(SealedModelTest, TenThousandBitFlips) {
  const std::string path = dir_.Write("flipped", bytes_);
  const int fd = open(path.c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  ThreadPool alone(1);  // Waking a second thread would take longer than opening so small a file.
  std::mt19937_64 random(GetParam() ? 1 : 2);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t bit = random() % (8 * bytes_.size());
    const uint64_t at = bit / 8;
    const char changed = static_cast<char>(bytes_[at] ^ (1 << bit % 8));
    ASSERT_EQ(pwrite(fd, &changed, 1, static_cast<off_t>(at)), 1);
    const absl::Status status =
        OpenSealedFiles(path, i % 2 == 0 ? Pinned() : Unpinned(), alone).status();
    ASSERT_FALSE(status.ok()) << "bit " << bit;
    if (at >= header_.ChunkOffset(0)) {
      const uint64_t chunk = (at - header_.ChunkOffset(0)) / kChunkBytes;
      ASSERT_THAT(std::string(status.message()),
                  HasSubstr(StrCat("chunk ", chunk, " of ", header_.chunk_count)));
    }
    ASSERT_EQ(pwrite(fd, &bytes_[at], 1, static_cast<off_t>(at)), 1);
  }
  EXPECT_TRUE(OpenSealedFiles(path, Pinned(), pool_).ok());
  close(fd);
}

TEST_P(SealedModelTest, SwappedChunks) {
  std::string bytes = WithChunk(1, Chunk(bytes_, 2));
  bytes.replace(header_.ChunkOffset(2), kChunkBytes, Chunk(bytes_, 1));
  ExpectDamaged(bytes, "chunk 1 of");
  // Their table entries swapped with them.
  std::string first = bytes.substr(kSealedHeaderBytes + 32, 32);
  bytes.replace(kSealedHeaderBytes + 32, 32, bytes.substr(kSealedHeaderBytes + 64, 32));
  bytes.replace(kSealedHeaderBytes + 64, 32, first);
  ExpectDamaged(bytes, "chunk table");
}

TEST_P(SealedModelTest, RepeatedChunk) {
  ExpectDamaged(WithChunk(2, Chunk(bytes_, 0)), "chunk 2 of");
}

TEST_P(SealedModelTest, TruncatedFile) {
  ExpectDamaged(bytes_.substr(0, bytes_.size() - 1),
                StrCat("chunk ", header_.chunk_count - 1, " of"));
  ExpectDamaged(bytes_.substr(0, header_.ChunkOffset(1)), "chunk 1 of");
  ExpectDamaged(bytes_.substr(0, header_.ChunkOffset(1) + 17), "chunk 1 of");
  ExpectDamaged(bytes_.substr(0, header_.ChunkOffset(0)), "chunk 0 of");
  ExpectDamaged(bytes_.substr(0, header_.ChunkOffset(0) - 1), "chunk table");
  ExpectDamaged(bytes_.substr(0, kSealedHeaderBytes - 1), "too short");
  ExpectDamaged("", "too short");
  ExpectDamaged(bytes_ + "x", "follow the last chunk");
}

// A chunk of an older version of the same model, sealed with the same key.
TEST_P(SealedModelTest, RolledBackChunk) {
  ASSERT_EQ(bytes_.size(), other_bytes_.size());
  ExpectDamaged(WithChunk(1, Chunk(other_bytes_, 1)), "chunk 1 of");
  std::string with_entry = WithChunk(1, Chunk(other_bytes_, 1));
  with_entry.replace(kSealedHeaderBytes + 32, 32, other_bytes_, kSealedHeaderBytes + 32, 32);
  ExpectDamaged(with_entry, "chunk table");
}

// A whole older file is genuine: only the pinned root tells.
TEST_P(SealedModelTest, RolledBackFile) {
  const absl::Status status = OpenBytes(other_bytes_, Pinned());
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr(HashToHex(root_)));
  EXPECT_TRUE(OpenBytes(other_bytes_, Unpinned()).ok());
  UnsealOptions options = Unpinned();
  options.root = other_root_;
  EXPECT_TRUE(OpenBytes(other_bytes_, options).ok());
}

TEST_P(SealedModelTest, LyingHeader) {
  ExpectDamaged(WithHeaderField(0, 'X'), "not a sealed model");
  for (const uint32_t size : {0u, 1u, 4095u, 5000u, 128u << 20}) {
    ExpectDamaged(WithHeaderField(12, size), "chunk_bytes");
  }
  ExpectDamaged(WithHeaderField(12, 2 * kChunkBytes), "chunk_count");
  for (const uint64_t size : {uint64_t{0}, ~uint64_t{0}, uint64_t{1} << 50}) {
    ExpectDamaged(WithHeaderField(16, size), "payload_bytes");
  }
  ExpectDamaged(WithHeaderField(16, header_.payload_bytes + 1), "truncated: chunk");
  ExpectDamaged(WithHeaderField(16, header_.payload_bytes - 1), "follow the last chunk");
  for (const uint64_t count : {uint64_t{0}, header_.chunk_count + 1, ~uint64_t{0} / 32}) {
    ExpectDamaged(WithHeaderField(24, count), "chunk_count");
  }
  ExpectDamaged(WithHeaderField(32, uint64_t{0x1234567}), "the root vouches for");  // The salt.
  ExpectDamaged(WithHeaderField(64, uint64_t{1}), "reserved");
  EXPECT_EQ(OpenBytes(WithHeaderField(7, char{2}), Pinned()).code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(OpenBytes(WithHeaderField(8, 2), Pinned()).code(), absl::StatusCode::kUnimplemented);
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

// Another process keeps rewriting a chunk while the file is opened: what comes out is what was
// sealed, or an error, never a mixture.
TEST_P(SealedModelTest, FileChangingUnderUs) {
  const std::string path = dir_.Write("changing", bytes_);
  const std::string good = Chunk(bytes_, 1), bad = Chunk(other_bytes_, 1);
  const off_t offset = static_cast<off_t>(header_.ChunkOffset(1));
  const int fd = open(path.c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  const pid_t host = fork();
  ASSERT_GE(host, 0);
  if (host == 0) {
    while (getppid() != 1) {
      if (pwrite(fd, bad.data(), bad.size(), offset) < 0) _exit(1);
      if (pwrite(fd, good.data(), good.size(), offset) < 0) _exit(1);
    }
    _exit(0);
  }
  const auto plain = Checkpoint::Open(dir_.File("model1"));
  const TensorRef expected = *plain->Find("model.layers.0.self_attn.q_proj.weight");
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    const auto sealed = OpenModel(path, Pinned(), pool_);
    if (!sealed.ok()) {
      EXPECT_THAT(std::string(sealed.status().message()), HasSubstr("chunk 1 of"));
      ++refused;
      continue;
    }
    for (const TensorRef& tensor : sealed->tensors()) {
      const TensorRef truth = *plain->Find(tensor.name);
      ASSERT_EQ(std::memcmp(tensor.data.data(), truth.data.data(), truth.data.size()), 0);
    }
  }
  kill(host, SIGKILL);
  waitpid(host, nullptr, 0);
  close(fd);
  RecordProperty("refused", refused);
}

INSTANTIATE_TEST_SUITE_P(Ciphers, SealedModelTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "AesGcm" : "HashTree"; });

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
