// A sealed model whose maker lies about what is in it: every check of the file itself passes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/strings.h"
#include "model/safetensors.h"
#include "model/sealed_chunk.h"
#include "model/sealed_model.h"
#include "model/sealed_model_test_util.h"

namespace sotto {
namespace {

using testing::HasSubstr;

class SealedForgeryTest : public SealedModelTest {
 protected:
  // Other weights under the genuine model's digest, sealed anew: what a host can make that holds a
  // public model, or whoever holds the key.
  std::string Forge(Hash256& root) const {
    std::string bytes = bytes_;
    auto* file = reinterpret_cast<uint8_t*>(bytes.data());
    const SecretBuffer key = GetParam() ? *ReadKeyFile(dir_.File("key")) : SecretBuffer();
    const ChunkCrypter crypter(header_, key);
    std::vector<Hash256> table(header_.chunk_count);
    std::memcpy(table.data(), file + kSealedHeaderBytes, header_.table_bytes());
    const uint64_t last = header_.chunk_count - 1;
    const std::span<uint8_t> chunk(file + header_.ChunkOffset(last), header_.ChunkLength(last));
    SOTTO_CHECK(crypter.Open(last, table[last], chunk));
    // The weights end in the last chunk, with no more than 63 bytes of padding behind them.
    for (uint8_t& byte : chunk.first(chunk.size() - 64)) byte ^= 1;
    table[last] = crypter.Seal(last, chunk);
    SealedHeader header = header_;
    header.root = root = SealedRoot(header, table);
    const auto head = SerializeSealedHeader(header);
    std::memcpy(file, head.data(), head.size());
    std::memcpy(file + kSealedHeaderBytes, table.data(), header.table_bytes());
    return bytes;
  }
};

TEST_P(SealedForgeryTest, AFalseDigestIsNotBelieved) {
  Hash256 root{};
  const std::string path = dir_.Write("forged", Forge(root));
  // The file is whole, as far as a file can tell of itself.
  ASSERT_TRUE(OpenSealedFiles(path, Unpinned(), pool_).ok());
  const absl::Status unpinned = OpenModel(path, Unpinned(), pool_).status();
  EXPECT_EQ(unpinned.code(), absl::StatusCode::kDataLoss) << unpinned;
  EXPECT_THAT(std::string(unpinned.message()), HasSubstr("forged: claims weights of SHA-256"));
  EXPECT_THAT(std::string(unpinned.message()), HasSubstr("but holds others"));
}

// Nor where its root is the pinned one, once the digest is pinned as well.
TEST_P(SealedForgeryTest, ThePinIsComparedWithTheBytes) {
  Hash256 root{};
  const std::string path = dir_.Write("forged", Forge(root));
  UnsealOptions options = Unpinned();
  options.root = root;
  const auto forged = OpenModel(path, options, pool_);
  ASSERT_TRUE(forged.ok()) << forged.status();
  const auto genuine = Checkpoint::Open(dir_.File("model1"));
  const ModelDigests digests = *genuine->Digests(pool_);
  for (const ModelPins& pins :
       {ModelPins{"", digests.weights_sha256}, ModelPins{digests.model_sha256(), ""}}) {
    EXPECT_EQ(forged->CheckPins(pins, pool_).code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(OpenModel(dir_.File("sealed1"), Pinned(), pool_)->CheckPins(pins, pool_).ok());
    EXPECT_TRUE(OpenModel(dir_.File("sealed1"), Unpinned(), pool_)->CheckPins(pins, pool_).ok());
    EXPECT_EQ(OpenModel(dir_.File("sealed2"), Unpinned(), pool_)->CheckPins(pins, pool_).code(),
              absl::StatusCode::kFailedPrecondition);
  }
}

// Another process keeps changing a weight while the model is sealed: a file that comes out holds
// the weights that it names.
TEST_P(SealedForgeryTest, AModelChangingWhileItIsSealed) {
  const std::string path = dir_.File("model1/model.safetensors");
  const auto entry = SafetensorsFile::Open(path)->Find("model.layers.0.mlp.up_proj.weight");
  const int fd = open(path.c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  const pid_t host = fork();
  ASSERT_GE(host, 0);
  if (host == 0) {
    for (char value = 0; getppid() != 1; value ^= 1) {
      if (pwrite(fd, &value, 1, static_cast<off_t>(entry->begin)) < 0) _exit(1);
      usleep(20);
    }
    _exit(0);
  }
  for (int i = 0; i < 100; ++i) {
    const auto root = SealModel(dir_.File("model1"), dir_.File("changing"), Sealing(), pool_);
    if (!root.ok()) {
      EXPECT_THAT(std::string(root.status().message()), HasSubstr("were changed while"));
      continue;
    }
    const auto sealed = OpenModel(dir_.File("changing"), Unpinned(), pool_);
    EXPECT_TRUE(sealed.ok()) << sealed.status();
  }
  kill(host, SIGKILL);
  waitpid(host, nullptr, 0);
  close(fd);
}

INSTANTIATE_TEST_SUITE_P(Ciphers, SealedForgeryTest, testing::Bool(), CipherName);

}  // namespace
}  // namespace sotto
