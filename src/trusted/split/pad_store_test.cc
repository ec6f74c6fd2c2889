#include "trusted/split/pad_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "trusted/split/drbg.h"
#include "trusted/split/sealed_pad.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

TEST(SealedPad, OpensOnlyWithItsKeyIdentityAndBytes) {
  const std::vector<uint8_t> key(32, 1), other_key(32, 2), secrets{1, 2, 3, 4, 5};
  const PadIdentity identity{7, 1, 2};
  const std::string sealed = SealPad(key, identity, secrets);
  const auto opens = [&](const std::vector<uint8_t>& k, PadIdentity id, const std::string& bytes) {
    SecretBuffer out(secrets.size());
    const bool ok = OpenPad(k, id, bytes, out);
    const std::vector<uint8_t> found(out.span().begin(), out.span().end());
    EXPECT_EQ(found, ok ? secrets : std::vector<uint8_t>(secrets.size(), 0));
    return ok;
  };
  EXPECT_TRUE(opens(key, identity, sealed));
  EXPECT_FALSE(opens(other_key, identity, sealed));
  for (PadIdentity other : {PadIdentity{8, 1, 2}, PadIdentity{7, 2, 2}, PadIdentity{7, 1, 3}}) {
    EXPECT_FALSE(opens(key, other, sealed));
  }
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(opens(key, identity, damaged)) << i;
  }
  EXPECT_FALSE(opens(key, identity, sealed.substr(1)));
  EXPECT_FALSE(opens(key, identity, ""));
}

class PadStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("sotto_pads_" +
                  std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  // How the host gets at a file without a name: through the process's descriptors.
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = fs::read_symlink(entry.path(), gone);
      if (target.starts_with(directory_.string())) files.push_back(entry.path());
    }
    return files;
  }
  static std::string Contents(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void Overwrite(const std::string& file, const std::string& contents) {
    std::ofstream out(file, std::ios::binary);
    out << contents << std::flush;
    ASSERT_TRUE(out.good());
  }
  // Room for `pads` pads of MakePad in memory, the others in the directory.
  PadStoreOptions Options(size_t pads) const {
    return {pads * kPadBytes, directory_.string(), 100 * kPadBytes};
  }
  static Pad MakePad(uint8_t seed) {
    Pad pad = Pad::Make(2, 3);
    pad.seed().fill(seed);
    pad.product()[5] = seed * 1000u;
    return pad;
  }
  static void ExpectPad(absl::StatusOr<std::optional<Pad>> pad, uint8_t seed) {
    ASSERT_TRUE(pad.ok()) << pad.status();
    ASSERT_TRUE(pad->has_value());
    EXPECT_EQ((*pad)->seed()[31], seed);
    EXPECT_EQ((*pad)->product()[5], seed * 1000u);
    EXPECT_EQ((*pad)->rows, 2u);
  }

  static constexpr size_t kPadBytes = Pad::kProductOffset + 2 * 3 * 4;
  fs::path directory_;
};

TEST_F(PadStoreTest, GivesEachPadOnce) {
  PadStore store(2, Options(1), ProcessDrbg());
  for (uint8_t seed : {1, 2, 3}) ASSERT_TRUE(store.Put(0, MakePad(seed)).ok());
  EXPECT_EQ(store.count(0), 3u);
  EXPECT_EQ(store.count(1), 0u);
  EXPECT_EQ(Files().size(), 1u);
  for (uint8_t seed : {1, 2, 3}) ExpectPad(store.Take(0), seed);
  const auto none = store.Take(0);
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
}

TEST_F(PadStoreTest, KnowsItsRoom) {
  PadStore store(1, {2 * kPadBytes, "", 0}, ProcessDrbg());
  for (uint8_t seed : {1, 2}) {
    EXPECT_TRUE(store.HasRoomFor(kPadBytes));
    ASSERT_TRUE(store.Put(0, MakePad(seed)).ok());
  }
  EXPECT_FALSE(store.HasRoomFor(kPadBytes));
  ExpectPad(store.Take(0), 1);
  EXPECT_TRUE(store.HasRoomFor(kPadBytes));
}

TEST_F(PadStoreTest, FilesShowNothingOfThePad) {
  PadStore store(1, Options(0), ProcessDrbg());
  Pad pad = MakePad(0x5a);
  ASSERT_TRUE(store.Put(0, std::move(pad)).ok());
  ASSERT_EQ(Files().size(), 1u);
  const std::string bytes = Contents(Files()[0]);
  EXPECT_GE(bytes.size(), kPadBytes);
  EXPECT_EQ(bytes.find("ZZZZ"), std::string::npos);
}

// However the process ends, nothing stays.
TEST_F(PadStoreTest, TheFileHasNoName) {
  PadStore store(1, Options(0), ProcessDrbg());
  ASSERT_TRUE(store.Put(0, MakePad(1)).ok());
  EXPECT_EQ(Files().size(), 1u);
  EXPECT_TRUE(fs::is_empty(directory_));
}

// The rollback: the host keeps a copy of a pad and puts it back after it was used, so that the pad
// would be used again.
TEST_F(PadStoreTest, ARestoredCopyIsUseless) {
  std::string copy;
  {
    PadStore store(1, Options(0), ProcessDrbg());
    ASSERT_TRUE(store.Put(0, MakePad(1)).ok());
    copy = Contents(Files()[0]);
    ASSERT_GE(copy.size(), kPadBytes);
    ExpectPad(store.Take(0), 1);
    // Back in place, in the same process: nobody asks for that pad again.
    Overwrite(Files()[0], copy);
    EXPECT_FALSE(store.Take(0)->has_value());
    // In the place of the next pad: it is bound to its own number.
    ASSERT_TRUE(store.Put(0, MakePad(2)).ok());
    Overwrite(Files()[0], copy);
    EXPECT_EQ(store.Take(0).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(store.count(0), 0u);
  }
  // In another process's place: it has another key.
  PadStore later(1, Options(0), ProcessDrbg());
  ASSERT_TRUE(later.Put(0, MakePad(3)).ok());
  Overwrite(Files()[0], copy);
  EXPECT_EQ(later.Take(0).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(PadStoreTest, LostBytesAreALostPadAndClearLeavesNothing) {
  PadStore store(1, Options(0), ProcessDrbg());
  for (uint8_t seed : {1, 2, 3}) ASSERT_TRUE(store.Put(0, MakePad(seed)).ok());
  fs::resize_file(Files()[0], 5);
  EXPECT_EQ(store.Take(0).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(store.count(0), 2u);
  store.Clear();
  EXPECT_EQ(store.count(0), 0u);
  EXPECT_TRUE(Files().empty());
  ASSERT_TRUE(store.Put(0, MakePad(4)).ok());
  ExpectPad(store.Take(0), 4);
}

TEST_F(PadStoreTest, PlacesOnDiskAreUsedAgain) {
  const size_t sealed = kPadBytes + kSealedPadOverhead;
  PadStore store(1, {0, directory_.string(), 2 * sealed}, ProcessDrbg());
  for (uint8_t seed = 1; seed < 20; ++seed) {
    ASSERT_TRUE(store.HasRoomFor(kPadBytes));
    ASSERT_TRUE(store.Put(0, MakePad(seed)).ok());
    EXPECT_EQ(store.HasRoomFor(kPadBytes), seed == 1);
    if (seed > 1) ExpectPad(store.Take(0), static_cast<uint8_t>(seed - 1));
  }
  EXPECT_EQ(fs::file_size(Files()[0]), 2 * sealed);
}

TEST_F(PadStoreTest, AnUnwritableDirectoryIsAnError) {
  PadStore store(1, {0, (directory_ / "absent").string(), 1000}, ProcessDrbg());
  EXPECT_FALSE(store.Put(0, MakePad(1)).ok());
}

}  // namespace
}  // namespace sotto
