// What a host may do to a sealed model: every change is refused, by the chunk's number.
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
#include "model/checkpoint_test_util.h"
#include "model/sealed_model.h"
#include "model/sealed_model_test_util.h"
#include "testing/sanitizer.h"

namespace sotto {
namespace {

using testing::HasSubstr;

class SealedTamperingTest : public SealedModelTest {};

// Every single-bit flip, wherever it is, is refused; one in a chunk by that chunk's number.
TEST_P(SealedTamperingTest, TenThousandBitFlips) {
  const std::string path = dir_.Write("flipped", bytes_);
  const int fd = open(path.c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  ThreadPool alone(1);  // Waking a second thread would take longer than opening so small a file.
  std::mt19937_64 random(GetParam() ? 1 : 2);
  constexpr int kFlips = kUnderSanitizer ? 1'000 : 10'000;  // There to see memory errors.
  for (int i = 0; i < kFlips; ++i) {
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

TEST_P(SealedTamperingTest, SwappedChunks) {
  std::string bytes = WithChunk(1, Chunk(bytes_, 2));
  bytes.replace(header_.ChunkOffset(2), kChunkBytes, Chunk(bytes_, 1));
  ExpectDamaged(bytes, "chunk 1 of");
  // Their table entries swapped with them.
  std::string first = bytes.substr(kSealedHeaderBytes + 32, 32);
  bytes.replace(kSealedHeaderBytes + 32, 32, bytes.substr(kSealedHeaderBytes + 64, 32));
  bytes.replace(kSealedHeaderBytes + 64, 32, first);
  ExpectDamaged(bytes, "chunk table");
}

TEST_P(SealedTamperingTest, RepeatedChunk) {
  ExpectDamaged(WithChunk(2, Chunk(bytes_, 0)), "chunk 2 of");
}

TEST_P(SealedTamperingTest, TruncatedFile) {
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
TEST_P(SealedTamperingTest, RolledBackChunk) {
  ASSERT_EQ(bytes_.size(), other_bytes_.size());
  ExpectDamaged(WithChunk(1, Chunk(other_bytes_, 1)), "chunk 1 of");
  std::string with_entry = WithChunk(1, Chunk(other_bytes_, 1));
  with_entry.replace(kSealedHeaderBytes + 32, 32, other_bytes_, kSealedHeaderBytes + 32, 32);
  ExpectDamaged(with_entry, "chunk table");
}

// A whole older file is genuine: only the pinned root tells.
TEST_P(SealedTamperingTest, RolledBackFile) {
  const absl::Status status = OpenBytes(other_bytes_, Pinned());
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr(HashToHex(root_)));
  EXPECT_TRUE(OpenBytes(other_bytes_, Unpinned()).ok());
  UnsealOptions options = Unpinned();
  options.root = other_root_;
  EXPECT_TRUE(OpenBytes(other_bytes_, options).ok());
}

TEST_P(SealedTamperingTest, LyingHeader) {
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

// Another process keeps rewriting a chunk while the file is opened: what comes out is what was
// sealed, or an error, never a mixture.
TEST_P(SealedTamperingTest, FileChangingUnderUs) {
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
      ASSERT_EQ(StoredBytes(*sealed, tensor), StoredBytes(*plain, truth));
    }
  }
  kill(host, SIGKILL);
  waitpid(host, nullptr, 0);
  close(fd);
  RecordProperty("refused", refused);
}

INSTANTIATE_TEST_SUITE_P(Ciphers, SealedTamperingTest, testing::Bool(), CipherName);

}  // namespace
}  // namespace sotto
