#include "base/temporary_files.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "testing/temp_dir.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

size_t Entries(const TempDir& dir) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(dir.path()), {}));
}

class TemporaryFilesDeathTest : public testing::Test {
 protected:
  std::string Create() {
    std::string name = dir_.File("out.tmpXXXXXX");
    close(CreateTemporaryFile(name));
    return name;
  }
  TempDir dir_;
};

TEST_F(TemporaryFilesDeathTest, EachSignalRemovesThemAndSaysWhichItWas) {
  for (const auto& [signal, name] :
       {std::pair(SIGINT, "SIGINT"), std::pair(SIGTERM, "SIGTERM"), std::pair(SIGHUP, "SIGHUP")}) {
    EXPECT_EXIT(
        {
          struct sigaction action = {};
          action.sa_handler = SIG_DFL;
          sigaction(signal, &action, nullptr);
          RemoveTemporaryFilesOnSignals();
          Create();
          Create();
          raise(signal);
        },
        testing::ExitedWithCode(128 + signal),
        std::string("^sotto: error: stopped by ") + name +
            "; unfinished output files were removed\n$");
    EXPECT_EQ(Entries(dir_), 0u);
  }
}

TEST_F(TemporaryFilesDeathTest, OutputsThatStayAreSaidToStay) {
  for (const bool again : {false, true}) {
    EXPECT_EXIT(
        {
          RemoveTemporaryFilesOnSignals();
          SayOfOutputs("out keeps 2 lines");
          if (again) SayOfOutputs("");
          raise(SIGTERM);
        },
        testing::ExitedWithCode(128 + SIGTERM),
        again ? "; unfinished output files were removed\n$" : "; out keeps 2 lines\n$");
  }
  EXPECT_EXIT(
      {
        SayOfOutputs(std::string(5000, 'x'));
        RemoveTemporaryFilesAndExit("sotto: error: out of memory", 3);
      },
      testing::ExitedWithCode(3), "out of memory; x{4096}\n$");
}

// Where ^C, or a line of progress, stands before it.
TEST_F(TemporaryFilesDeathTest, OnATerminalTheMessageBeginsALine) {
  int master, terminal;
  ASSERT_EQ(openpty(&master, &terminal, nullptr, nullptr, nullptr), 0);
  EXPECT_EXIT(
      {
        dup2(terminal, STDERR_FILENO);
        RemoveTemporaryFilesOnSignals();
        raise(SIGINT);
      },
      testing::ExitedWithCode(128 + SIGINT), "");
  char text[100] = {};
  EXPECT_GT(read(master, text, sizeof text - 1), 0);
  EXPECT_EQ(std::string(text).substr(0, 14), "\r\nsotto: error");
  close(master);
  close(terminal);
}

TEST_F(TemporaryFilesDeathTest, ForgottenFilesStay) {
  EXPECT_EXIT(
      {
        RemoveTemporaryFilesOnSignals();
        ForgetTemporary(Create());
        Create();
        raise(SIGTERM);
      },
      testing::ExitedWithCode(128 + SIGTERM), "SIGTERM");
  EXPECT_EQ(Entries(dir_), 1u);
}

TEST_F(TemporaryFilesDeathTest, ADirectoryGoesWithTheFilesInIt) {
  EXPECT_EXIT(
      {
        RemoveTemporaryFilesOnSignals();
        std::string directory = dir_.File("model.tmpXXXXXX");
        CreateTemporaryDirectory(directory);
        std::string unfinished = directory + "/w.tmpXXXXXX";
        close(CreateTemporaryFile(unfinished));
        // More names than one system call lists.
        for (int i = 0; i < 300; ++i) {
          std::string finished = directory + "/w.tmpXXXXXX";
          close(CreateTemporaryFile(finished));
          RenameTemporary(finished, directory + "/finished" + std::to_string(i));
        }
        raise(SIGTERM);
      },
      testing::ExitedWithCode(128 + SIGTERM), "SIGTERM");
  EXPECT_EQ(Entries(dir_), 0u);
}

TEST_F(TemporaryFilesDeathTest, WhatHasItsNameStays) {
  EXPECT_EXIT(
      {
        RemoveTemporaryFilesOnSignals();
        RenameTemporary(Create(), dir_.File("file"));
        std::string directory = dir_.File("model.tmpXXXXXX");
        CreateTemporaryDirectory(directory);
        std::string file = directory + "/w.tmpXXXXXX";
        close(CreateTemporaryFile(file));
        RenameTemporary(file, directory + "/w");
        RenameTemporary(directory, dir_.File("model"));
        raise(SIGTERM);
      },
      testing::ExitedWithCode(128 + SIGTERM), "SIGTERM");
  EXPECT_EQ(Entries(dir_), 2u);
  EXPECT_TRUE(fs::exists(dir_.File("file")));
  EXPECT_TRUE(fs::exists(dir_.File("model/w")));
}

TEST_F(TemporaryFilesDeathTest, AnIgnoredSignalStaysIgnored) {
  EXPECT_EXIT(
      {
        signal(SIGHUP, SIG_IGN);
        RemoveTemporaryFilesOnSignals();
        raise(SIGHUP);
        _exit(7);
      },
      testing::ExitedWithCode(7), "^$");
}

// Threads that create files until the end: none is left behind, wherever the signal meets them.
TEST_F(TemporaryFilesDeathTest, FilesBeingCreatedAreRemovedToo) {
  for (int round = 0; round < 5; ++round) {
    EXPECT_EXIT(
        {
          RemoveTemporaryFilesOnSignals();
          std::vector<std::thread> threads;
          threads.reserve(3);
          for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&] {
              for (;;) {
                const std::string name = Create();
                unlink(name.c_str());
                ForgetTemporary(name);
              }
            });
          }
          usleep(3000);
          kill(getpid(), SIGTERM);
          for (;;) pause();
        },
        testing::ExitedWithCode(128 + SIGTERM), "SIGTERM");
    EXPECT_EQ(Entries(dir_), 0u);
  }
}

TEST(TemporaryFilesTest, AFailureHasItsErrno) {
  std::string name = "/nonexistent/directory/xXXXXXX";
  EXPECT_EQ(CreateTemporaryFile(name), -1);
  EXPECT_EQ(errno, ENOENT);
  name = "/nonexistent/directory/xXXXXXX";
  EXPECT_EQ(CreateTemporaryDirectory(name), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_FALSE(RenameTemporary(name, "/nonexistent/x"));
  EXPECT_EQ(errno, ENOENT);
}

}  // namespace
}  // namespace sotto
