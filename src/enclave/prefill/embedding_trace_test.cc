// The oblivious lookup's memory accesses do not tell what was looked up.
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>

#include <set>
#include <string>

namespace sotto {
namespace {

// A hash of the addresses that the probe loads, stores or executes, in order (valgrind's lackey),
// or
// "" without valgrind. The first million of 14 are left out: they are the loader's and the
// libraries' start, which reads what differs from run to run. Both choices of ids are ten
// characters: what is parsed is the same.
std::string TraceHash(const std::string& access, const std::string& ids) {
  const std::string command =
      "valgrind --tool=lackey --trace-mem=yes --log-fd=9 " SOTTO_BINARY_DIR
      "/tests/embedding_probe " SOTTO_SOURCE_DIR "/models/kjv-2m " +
      access + " " + ids +
      " 9>&1 >/dev/null 2>/dev/null | grep -E '^(I | [LSM] )' | tail -n +1000001 | sha256sum";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  char line[128] = {};
  const char* got = fgets(line, sizeof(line), pipe);
  return pclose(pipe) == 0 && got != nullptr ? line : "";
}

// Whether two lookups can leave the same trace. Noise of the libraries' own (what OpenMP reads of a
// busy machine) may make a run differ; a trace that depends on the ids differs in every run.
bool TracesMeet(const std::string& access, const std::string& ids, const std::string& other_ids) {
  std::set<std::string> one, other;
  for (int run = 0; run < 3; ++run) {
    one.insert(TraceHash(access, ids));
    other.insert(TraceHash(access, other_ids));
    for (const std::string& trace : one) {
      if (!trace.empty() && other.contains(trace)) return true;
    }
  }
  return false;
}

TEST(EmbeddingTraceTest, ObliviousMemoryTraceDoesNotDependOnTheIds) {
  if (system("valgrind --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no valgrind";
  EXPECT_TRUE(TracesMeet("oblivious", "0000000017", "0000001999"));
  // The test can fail: an ordinary lookup tells.
  EXPECT_NE(TraceHash("direct", "0000000017"), TraceHash("direct", "0000001999"));
}

}  // namespace
}  // namespace sotto
