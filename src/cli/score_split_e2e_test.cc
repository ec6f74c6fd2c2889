// `sotto score --split` against real `sotto-accelerator` processes, on the shipped model.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "testing/accelerator_process.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

constexpr char kLines[] =
    "{\"context\": \"And the LORD said unto \", \"continuations\": [\"Moses\", \"Aaron\", "
    "\"me\"]}\n"
    "{\"prompt\": \"In the\", \"labels\": [\" beginning\", \" land\"]}\n"
    "\"And God said, Let there be light\"\n";

class ScoreSplitTest : public testing::Test {
 protected:
  std::string Score(const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {"score", "--input", "in.jsonl", "--prefill-length", "24"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const ProgramResult run = RunProgram("sotto", arguments, {.working_dir = dir_.path()});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    err_ = run.err;
    return run.out;
  }

  const TempDir dir_;
  const std::string input_ = dir_.Write("in.jsonl", kLines);
  std::string err_;
};

TEST_F(ScoreSplitTest, PadsGiveTheLinesOfLocalFixed) {
  const AcceleratorProcess server;
  const std::string local = Score({"--precision", "fixed"});
  EXPECT_EQ(Score({"--split", "--accelerator", server.address(), "--batch-size", "2"}), local);
  // Neither lines nor tokens are counted where padding hides them: three batches of two rows.
  EXPECT_NE(err_.find("sotto: 6 rows, 144 positions in "), std::string::npos) << err_;
}

TEST_F(ScoreSplitTest, SharesGiveTheLinesOfLocalFixed) {
  const AcceleratorProcess b;
  const AcceleratorProcess a({"--relay-to", b.address()});
  EXPECT_EQ(Score({"--split", "--accelerator", a.address(), "--accelerator", b.address(),
                   "--insecure-channels", "--batch-size", "4"}),
            Score({"--precision", "fixed"}));
}

// A run that was begun here is resumed there.
TEST_F(ScoreSplitTest, LocalFixedIsResumedSplit) {
  const AcceleratorProcess server;
  const std::string local = Score({"--precision", "fixed"});
  dir_.Write("out.jsonl", local.substr(0, local.find('\n') + 10));
  Score({"--split", "--accelerator", server.address(), "--output", "out.jsonl", "--resume"});
  EXPECT_EQ(dir_.Read("out.jsonl"), local);
}

}  // namespace
}  // namespace sotto
