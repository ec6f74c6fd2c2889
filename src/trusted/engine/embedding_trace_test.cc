// The oblivious lookup's memory accesses do not tell what was looked up.
#include <gtest/gtest.h>

#include <string>

#include "base/check.h"
#include "model/config_presets.h"
#include "model/random_model.h"
#include "testing/memory_trace.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

// A model whose table is 512 x 64: valgrind is slow.
void WriteSmallModel(const std::string& directory) {
  RandomModelOptions options{.config = *ConfigLike("llama-3.2-1b")};
  ModelSpec& c = options.config;
  c.vocab_size = 512, c.hidden_size = 64;
  c.layers.resize(1);
  c.layers[0].attention = AttentionOf(4, 2, 16);
  c.layers[0].mlp.intermediate_size = 64;
  c.bos_token_ids = c.eos_token_ids = {};
  ThreadPool pool(1);
  SOTTO_CHECK(WriteRandomModel(options, directory, pool).ok());
}

std::string Probe(const std::string& model, const std::string& access, const std::string& ids) {
  return "embedding_probe " + model + " " + access + " " + ids;
}

TEST(EmbeddingTraceTest, ObliviousMemoryTraceDoesNotDependOnTheIds) {
  if (!HasValgrind()) GTEST_SKIP() << "no valgrind";
  const TempDir dir;
  const std::string model = dir.File("model");
  WriteSmallModel(model);
  EXPECT_TRUE(
      TracesMeet(Probe(model, "oblivious", "0000000017"), Probe(model, "oblivious", "0000000509")));
  // The test can fail: an ordinary lookup tells.
  EXPECT_NE(TraceHash(Probe(model, "direct", "0000000017")),
            TraceHash(Probe(model, "direct", "0000000509")));
}

}  // namespace
}  // namespace sotto
