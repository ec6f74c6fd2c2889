// What of an AtomicFile is left by a killed program, and who may read it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/file.h"
#include "base/stale_temporaries.h"
#include "base/temporary_files.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  size_t Entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(dir_.path()), {}));
  }
  mode_t Mode(const char* name) const {
    struct stat info;
    return stat(dir_.File(name).c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
  }
  TempDir dir_;
};

// In a child, which is then killed where it stands.
void KilledAfter(const std::function<void()>& work) {
  EXPECT_EXIT(
      {
        work();
        raise(SIGKILL);
      },
      testing::KilledBySignal(SIGKILL), "");
}

// From now on this process has no unnamed files, as inside Gramine: openat with O_TMPFILE fails.
void ForbidUnnamedFiles() {
  constexpr uint32_t kTmpFile = O_TMPFILE & ~O_DIRECTORY;
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kTmpFile, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {std::size(filter), filter};
  SOTTO_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  SOTTO_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

void WriteHalf(const std::string& path, std::optional<AtomicFile>& file) {
  auto created = AtomicFile::Create(path);
  SOTTO_CHECK(created.ok());
  file.emplace(*std::move(created));
  SOTTO_CHECK(file->Append("half").ok());
}

using AtomicFileDeathTest = AtomicFileTest;

TEST_F(AtomicFileDeathTest, AKilledProgramLeavesNothing) {
  std::optional<AtomicFile> file;  // Open when the child is killed; never here.
  KilledAfter([&] { WriteHalf(dir_.File("a"), file); });
  EXPECT_EQ(Entries(), 0u);
}

TEST_F(AtomicFileDeathTest, NorOneThatRewritesAFile) {
  dir_.Write("a", "precious");
  std::optional<AtomicFile> file;  // Open when the child is killed; never here.
  KilledAfter([&] { WriteHalf(dir_.File("a"), file); });
  EXPECT_EQ(Entries(), 1u);
  EXPECT_EQ(dir_.Read("a"), "precious");
}

// Where files must have a name, the next one for the same path removes what a killed program left.
TEST_F(AtomicFileDeathTest, WithoutUnnamedFilesTheNextRunRemovesWhatIsLeft) {
  std::optional<AtomicFile> file;
  KilledAfter([&] {
    ForbidUnnamedFiles();
    WriteHalf(dir_.File("a"), file);
  });
  EXPECT_EQ(Entries(), 1u);  // Else this test shows nothing.
  ASSERT_TRUE(WriteFileAtomically(dir_.File("b"), "other").ok());
  EXPECT_EQ(Entries(), 2u);
  ASSERT_TRUE(WriteFileAtomically(dir_.File("a"), "whole").ok());
  EXPECT_EQ(dir_.Read("a"), "whole");
  EXPECT_EQ(Entries(), 2u);
}

TEST_F(AtomicFileDeathTest, WithoutUnnamedFilesItIsWrittenAllTheSame) {
  EXPECT_EXIT(
      {
        ForbidUnnamedFiles();
        const bool written = WriteFileAtomically(dir_.File("a"), "one").ok() &&
                             WriteFileAtomically(dir_.File("a"), "two").ok();
        const bool abandoned = AtomicFile::Create(dir_.File("b")).ok();
        _exit(written && abandoned ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
  EXPECT_EQ(dir_.Read("a"), "two");
  EXPECT_EQ(Entries(), 1u);
}

TEST_F(AtomicFileTest, WhatIsInUseOrNotOursIsNotTakenForStale) {
  std::string in_use = TemporaryPattern(dir_.File("a"));
  const int fd = CreateTemporaryFile(in_use);
  ASSERT_GE(fd, 0);
  dir_.Write("a.sotto-tmp-short", "");
  dir_.Write("a.tmpABCDEF", "");
  dir_.Write("ab.sotto-tmp-ABCDEF", "");
  fs::create_symlink("a.tmpABCDEF", dir_.File("a.sotto-tmp-LINK00"));
  RemoveStaleTemporaries(dir_.File("a"));
  EXPECT_EQ(Entries(), 5u);
  close(fd);
  RemoveStaleTemporaries(dir_.File("a"));
  EXPECT_EQ(Entries(), 4u);
  ForgetTemporary(in_use);
}

TEST_F(AtomicFileTest, ANewFileIsTheUmasksOrItsOwnersAlone) {
  const mode_t before = umask(022);
  ASSERT_TRUE(WriteFileAtomically(dir_.File("public"), "").ok());
  ASSERT_TRUE(WriteFileAtomically(dir_.File("private"), "", {.owner_only = true}).ok());
  umask(before);
  EXPECT_EQ(Mode("public"), 0644u);
  EXPECT_EQ(Mode("private"), 0600u);
}

TEST_F(AtomicFileTest, RewritingKeepsTheMode) {
  for (const mode_t mode : {0600u, 0640u, 0644u, 0400u}) {
    for (const bool owner_only : {false, true}) {
      dir_.Write("a", "old");
      ASSERT_EQ(chmod(dir_.File("a").c_str(), mode), 0);
      ASSERT_TRUE(WriteFileAtomically(dir_.File("a"), "new", {.owner_only = owner_only}).ok());
      EXPECT_EQ(Mode("a"), mode);
      EXPECT_EQ(dir_.Read("a"), "new");
      fs::remove(dir_.File("a"));
    }
  }
}

TEST_F(AtomicFileTest, RewritingKeepsTheGroup) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may give a file to any group";
  constexpr gid_t kGroup = 12345;
  dir_.Write("a", "old");
  ASSERT_EQ(chown(dir_.File("a").c_str(), 0, kGroup), 0);
  ASSERT_EQ(chmod(dir_.File("a").c_str(), 0640), 0);
  ASSERT_TRUE(WriteFileAtomically(dir_.File("a"), "new").ok());
  struct stat info;
  ASSERT_EQ(stat(dir_.File("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_gid, kGroup);
  EXPECT_EQ(Mode("a"), 0640u);
}

TEST_F(AtomicFileTest, APipeIsWrittenDirectlyUntilNobodyReads) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  auto file = AtomicFile::Create("/dev/fd/" + std::to_string(ends[1]));
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Append("one").ok());
  char text[4] = {};
  EXPECT_EQ(read(ends[0], text, 3), 3);
  EXPECT_STREQ(text, "one");
  close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  EXPECT_TRUE(IsReaderGone(file->Append("two")));
  std::signal(SIGPIPE, before);
  close(ends[1]);
}

TEST_F(AtomicFileTest, ADescriptorNotOpenForWritingIsRefusedAtOnce) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto file = AtomicFile::Create("/dev/fd/" + std::to_string(ends[0]));
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("not open for writing"));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace sotto
