// The oblivious lookup's memory accesses do not tell what was looked up.
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>

#include <set>
#include <string>

#include "base/check.h"
#include "model/config_presets.h"
#include "model/random_model.h"
#include "testing/paths.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

// A model whose table is 512 x 64: valgrind is slow.
void WriteSmallModel(const std::string& directory) {
  RandomModelOptions options{.config = *ConfigLike("llama-3.2-1b")};
  LlamaConfig& c = options.config;
  c.vocab_size = 512, c.hidden_size = 64, c.intermediate_size = 64, c.num_layers = 1;
  c.num_heads = 4, c.num_kv_heads = 2, c.head_dim = 16;
  c.bos_token_ids = c.eos_token_ids = {};
  ThreadPool pool(1);
  SOTTO_CHECK(WriteRandomModel(options, directory, pool).ok());
}

// A hash of the addresses that the probe loads, stores or executes, in order (valgrind's lackey),
// or
// "" without valgrind. The first million are left out: they are the loader's and the
// libraries' start, which reads what differs from run to run. Both choices of ids are ten
// characters: what is parsed is the same.
std::string TraceHash(const std::string& model, const std::string& access, const std::string& ids) {
  const std::string command =
      "valgrind --tool=lackey --trace-mem=yes --log-fd=9 " + BinaryDir() +
      "/tests/embedding_probe " + model + " " + access + " " + ids +
      " 9>&1 >/dev/null 2>/dev/null | grep -E '^(I | [LSM] )' | tail -n +1000001 | sha256sum";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  char line[128] = {};
  const char* got = fgets(line, sizeof(line), pipe);
  return pclose(pipe) == 0 && got != nullptr ? line : "";
}

// Whether two lookups can leave the same trace. Noise of the libraries' own (what OpenMP reads of a
// busy machine) may make a run differ; a trace that depends on the ids differs in every run.
bool TracesMeet(const std::string& model, const std::string& access, const std::string& ids,
                const std::string& other_ids) {
  std::set<std::string> one, other;
  for (int run = 0; run < 3; ++run) {
    one.insert(TraceHash(model, access, ids));
    other.insert(TraceHash(model, access, other_ids));
    for (const std::string& trace : one) {
      if (!trace.empty() && other.contains(trace)) return true;
    }
  }
  return false;
}

TEST(EmbeddingTraceTest, ObliviousMemoryTraceDoesNotDependOnTheIds) {
  if (system("valgrind --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no valgrind";
  const TempDir dir;
  const std::string model = dir.File("model");
  WriteSmallModel(model);
  EXPECT_TRUE(TracesMeet(model, "oblivious", "0000000017", "0000000509"));
  // The test can fail: an ordinary lookup tells.
  EXPECT_NE(TraceHash(model, "direct", "0000000017"), TraceHash(model, "direct", "0000000509"));
}

}  // namespace
}  // namespace sotto
