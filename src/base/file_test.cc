#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

namespace sotto {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(::testing::TempDir()) / "sotto_file_test";
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }
  std::string Path(const char* name) const { return (dir_ / name).string(); }
  size_t Entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(dir_), {}));
  }

  fs::path dir_;
};

TEST_F(FileTest, WritesAndReadsBack) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "one").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "two").ok());
  EXPECT_EQ(*ReadFile(Path("a")), "two");
  EXPECT_EQ(Entries(), 1u);
}

TEST_F(FileTest, AbandonedWriteLeavesNothing) {
  {
    auto file = AtomicFile::Create(Path("a"));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Append("half").ok());
  }
  EXPECT_EQ(Entries(), 0u);
}

TEST_F(FileTest, WriteAtFillsHeaderLast) {
  auto file = AtomicFile::Create(Path("a"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->WriteAt(4, "body").ok());
  ASSERT_TRUE(file->WriteAt(0, "head").ok());
  ASSERT_TRUE(file->Append("!").ok());
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(*ReadFile(Path("a")), "headbody!");
}

TEST_F(FileTest, MissingDirectoryIsNotFound) {
  auto missing = AtomicFile::Create(Path("no/such/dir/a"));
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("no/such/dir/a"));
}

TEST_F(FileTest, FullDiskIsAnErrorAndLeavesNothing) {
  // A file size limit gives the same short-write path as a full disk, without root or a mount.
  struct rlimit old;
  getrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, SIG_IGN);
  const struct rlimit tight = {1000, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  const absl::Status status = WriteFileAtomically(Path("big"), std::string(5000, 'x'));
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(Entries(), 0u);
}

TEST_F(FileTest, ErrorsNameThePath) {
  EXPECT_EQ(ReadFile(Path("none")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadFile(dir_.string()).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(WriteFileAtomically(Path("long"), "12345").ok());
  EXPECT_THAT(std::string(ReadFile(Path("long"), 4).status().message()), HasSubstr("limit of 4"));
}

TEST_F(FileTest, MapsWholeFileAndSurvivesDroppedPages) {
  const std::string data(100000, 'x');
  ASSERT_TRUE(WriteFileAtomically(Path("m"), data).ok());
  auto file = MappedFile::Open(Path("m"));
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file->bytes().size(), data.size());
  file->DropPages(file->bytes());
  EXPECT_EQ(file->bytes()[50000], 'x');
}

TEST_F(FileTest, MapsEmptyFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("e"), "").ok());
  auto file = MappedFile::Open(Path("e"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->bytes().empty());
}

}  // namespace
}  // namespace sotto
