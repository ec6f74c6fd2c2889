#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

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

TEST_F(FileTest, ADeviceWithoutAnEndIsRefused) {
  const absl::Status status = ReadFileOrPipe("/dev/zero").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), "/dev/zero: neither a file nor a pipe");
}

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

// open() waits at a pipe until somebody writes to it, which may be never.
TEST_F(FileTest, APipeIsRefusedWithoutWaitingForItsWriter) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  for (const absl::Status& status :
       {ReadFile(Path("pipe")).status(), InputFile::Open(Path("pipe")).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("pipe: not a regular file"));
  }
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

TEST_F(FileTest, ReservedSpaceReadsAsZero) {
  auto file = AtomicFile::Create(Path("a"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Reserve(6).ok());
  ASSERT_TRUE(file->WriteAt(1, "x").ok());
  ASSERT_TRUE(file->Reserve(3).ok());
  ASSERT_TRUE(file->Append("y").ok());
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(*ReadFile(Path("a")), std::string("\0x\0\0\0\0y", 7));
}

TEST_F(FileTest, ADirectoryIsRefusedAtOnce) {
  const absl::Status status = AtomicFile::Create(dir_.string()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is a directory"));
}

TEST_F(FileTest, LinksAreFollowedNotReplaced) {
  ASSERT_TRUE(WriteFileAtomically(Path("target"), "one").ok());
  fs::create_symlink(Path("target"), Path("link"));
  ASSERT_TRUE(WriteFileAtomically(Path("link"), "two").ok());
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(*ReadFile(Path("target")), "two");
  EXPECT_EQ(Entries(), 2u);
}

TEST_F(FileTest, LinksInACircleAreAnErrorAndStay) {
  fs::create_symlink("a", Path("b"));
  fs::create_symlink("b", Path("a"));
  const absl::Status status = WriteFileAtomically(Path("a"), "one");
  EXPECT_THAT(std::string(status.message()), HasSubstr("symbolic links"));
  EXPECT_TRUE(fs::is_symlink(Path("a")));
  EXPECT_EQ(Entries(), 2u);
}

TEST_F(FileTest, DevicesAreWrittenDirectly) {
  EXPECT_TRUE(WriteFileAtomically("/dev/null", "gone").ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  const absl::Status full = WriteFileAtomically("/dev/full", "x");
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(full.message()), HasSubstr("/dev/full"));
  auto file = AtomicFile::Create("/dev/null");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->WriteAt(5, "x").code(), absl::StatusCode::kInvalidArgument);
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

TEST_F(FileTest, APipeIsReadToItsEndWhereItMayBeOne) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread writer([fd = ends[1]] {
    const std::string text(200000, 'x');  // More than a pipe holds.
    EXPECT_TRUE(WriteFileAtomically("/dev/fd/" + std::to_string(fd), text).ok());
    close(fd);
  });
  const auto text = ReadFileOrPipe("/dev/fd/" + std::to_string(ends[0]));
  writer.join();
  close(ends[0]);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, std::string(200000, 'x'));
  ASSERT_TRUE(WriteFileAtomically(Path("long"), "12345").ok());
  EXPECT_EQ(*ReadFileOrPipe(Path("long")), "12345");
  EXPECT_THAT(std::string(ReadFileOrPipe(Path("long"), 4).status().message()),
              HasSubstr("limit of 4"));
  EXPECT_FALSE(ReadFileOrPipe(dir_.string()).ok());
}

TEST(DescriptorPath, NamesDescriptors) {
  EXPECT_EQ(DescriptorOfPath("/dev/stdin"), 0);
  EXPECT_EQ(DescriptorOfPath("/dev/stdout"), 1);
  EXPECT_EQ(DescriptorOfPath("/dev/fd/63"), 63);
  EXPECT_EQ(DescriptorOfPath("/proc/self/fd/5"), 5);
  for (const char* path : {"-", "stdin", "/dev/fd/", "/dev/fd/-1", "/dev/fd/1x", "/dev/null"}) {
    EXPECT_EQ(DescriptorOfPath(path), std::nullopt) << path;
  }
  EXPECT_EQ(DisplayName("/dev/fd/0"), "standard input");
  EXPECT_EQ(DisplayName("/dev/fd/63"), "/dev/fd/63");
}

TEST_F(FileTest, ReadsByOffsetWhatAFileStillHas) {
  ASSERT_TRUE(WriteFileAtomically(Path("m"), std::string(99'999, 'x') + "y").ok());
  const auto file = InputFile::Open(Path("m"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->size(), 100'000u);
  std::vector<uint8_t> end(2);
  ASSERT_TRUE(file->Read(99'998, end).ok());
  EXPECT_EQ(end, (std::vector<uint8_t>{'x', 'y'}));
  EXPECT_TRUE(file->Read(100'000, {}).ok());

  std::filesystem::resize_file(Path("m"), 50'000);
  const absl::Status status = file->Read(49'999, end);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(std::string(status.message()),
            Path("m") + ": cut short while it was in use: byte 50000 of 100000 is missing");
  EXPECT_TRUE(file->Read(49'998, end).ok());
}

TEST_F(FileTest, ReadsRegularFilesAloneByOffset) {
  EXPECT_EQ(InputFile::Open(Path("none")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(InputFile::Open("/").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sotto
