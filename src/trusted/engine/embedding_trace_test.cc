// The oblivious lookup's memory accesses do not tell what was looked up.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/check.h"
#include "model/config_presets.h"
#include "model/random_model.h"
#include "testing/memory_trace.h"
#include "testing/temp_dir.h"
#include "trusted/engine/embedding.h"

namespace sotto {
namespace {

// A model whose table is 512 x 64.
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

// Of looking up two ids, for each of several.
std::vector<MemoryTrace> TraceLookups(const std::string& model, EmbeddingAccess access) {
  constexpr std::array<int32_t, 3> kIds = {17, 256, 509};
  return TraceEach(kIds.size(), [&](size_t choice) {
    const auto checkpoint = Checkpoint::Open(model);
    SOTTO_CHECK(checkpoint.ok());
    ThreadPool pool(1);
    const auto embedding = MakeEmbedding(*checkpoint, pool, access);
    SOTTO_CHECK(embedding.ok());
    Matrix<float> x(2, checkpoint->config().hidden_size);
    const std::array<int32_t, 2> ids = {kIds[choice], kIds[choice] / 2};
    StartTrace();
    const bool done = (*embedding)->Lookup(ids, x.view(), pool).ok();
    EndTrace();
    SOTTO_CHECK(done);
  });
}

TEST(EmbeddingTraceTest, ObliviousMemoryTraceDoesNotDependOnTheIds) {
  const TempDir dir;
  const std::string model = dir.File("model");
  WriteSmallModel(model);
  const auto oblivious = TraceLookups(model, EmbeddingAccess::kOblivious);
  if (oblivious[0].addresses.empty()) GTEST_SKIP() << "this system does not permit ptrace";
  for (const MemoryTrace& trace : oblivious) {
    EXPECT_FALSE(trace.vector_addresses);
    EXPECT_TRUE(trace == oblivious[0]);
  }
  // The test can fail: an ordinary lookup tells.
  const auto direct = TraceLookups(model, EmbeddingAccess::kDirect);
  ASSERT_FALSE(direct[0].addresses.empty());
  EXPECT_FALSE(direct[1] == direct[0]);
}

}  // namespace
}  // namespace sotto
