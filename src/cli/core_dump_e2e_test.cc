// The trusted program leaves no core dump, and lets no other process of its user read it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "base/check.h"
#include "cli/process_info.h"
#include "testing/paths.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

TEST(CoreDumpTest, TheProcessMayNotBeDumpedNorReadByItsUser) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ForbidCoreDumps();
    rlimit limit{1, 1};
    const bool none = getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 &&
                      limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
    _exit(none ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// `sotto tokenize`, which waits for a line on its standard input, in a directory of its own and
// with every core dump allowed to it.
class WaitingProgram {
 public:
  WaitingProgram() {
    SOTTO_CHECK(pipe(in_.data()) == 0 && pipe(out_.data()) == 0);
    pid_ = fork();
    SOTTO_CHECK(pid_ >= 0);
    if (pid_ == 0) Become();
    close(in_[0]);
    close(out_[1]);
    // An answer to a first line: it runs.
    const std::string line = "{\"text\": \"a\"}\n";
    SOTTO_CHECK(write(in_[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()));
    char c = 0;
    while (read(out_[0], &c, 1) == 1 && c != '\n') {
    }
  }
  ~WaitingProgram() {
    close(in_[1]);
    close(out_[0]);
    Kill(SIGKILL);
  }

  pid_t pid() const { return pid_; }
  std::string directory() const { return dir_.path(); }
  // Sends a signal and waits for the end; how it ended.
  int Kill(int signal) {
    if (pid_ == 0) return 0;
    kill(pid_, signal);
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
  }

 private:
  [[noreturn]] void Become() {
    rlimit limit{};
    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
    dup2(in_[0], STDIN_FILENO);
    dup2(out_[1], STDOUT_FILENO);
    for (const int fd : {in_[0], in_[1], out_[0], out_[1]}) close(fd);
    if (chdir(dir_.path().c_str()) != 0) _exit(127);
    const std::string program = BinaryDir() + "/bin/sotto";
    execl(program.c_str(), program.c_str(), "tokenize", "--model", ShippedModelDir().c_str(),
          nullptr);
    _exit(127);
  }

  TempDir dir_;
  std::array<int, 2> in_{}, out_{};
  pid_t pid_ = 0;
};

TEST(CoreDumpTest, TheProgramForbidsThem) {
  WaitingProgram program;
  std::ifstream file("/proc/" + std::to_string(program.pid()) + "/limits");
  const std::string limits((std::istreambuf_iterator<char>(file)), {});
  const size_t line = limits.find("Max core file size");
  ASSERT_NE(line, std::string::npos);
  EXPECT_THAT(limits.substr(line, 60), testing::MatchesRegex("Max core file size +0 +0 .*"));
  const int status = program.Kill(SIGSEGV);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(WCOREDUMP(status));
  EXPECT_TRUE(std::filesystem::is_empty(program.directory()));
}

}  // namespace
}  // namespace sotto
