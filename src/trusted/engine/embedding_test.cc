// The oblivious lookup gives the same bits. What it accesses: embedding_trace_test.cc.
#include "trusted/engine/embedding.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "base/check.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

Checkpoint Shipped() {
  auto checkpoint = Checkpoint::Open(ShippedModelDir());
  SOTTO_CHECK(checkpoint.ok());
  return *std::move(checkpoint);
}

Matrix<float> Lookup(const Checkpoint& checkpoint, EmbeddingAccess access,
                     const std::vector<int32_t>& ids, int threads) {
  ThreadPool pool(threads);
  const auto embedding = MakeEmbedding(checkpoint, pool, access);
  SOTTO_CHECK(embedding.ok());
  Matrix<float> x(ids.size(), checkpoint.config().hidden_size);
  SOTTO_CHECK((*embedding)->Lookup(ids, x.view(), pool).ok());
  return x;
}

TEST(EmbeddingTest, ObliviousGivesTheSameBits) {
  const Checkpoint checkpoint = Shipped();
  std::mt19937 random(3);
  for (const size_t count : {1, 3, 64, 131}) {
    std::vector<int32_t> ids(count);
    for (int32_t& id : ids) id = random() % checkpoint.config().vocab_size;
    ids.back() = static_cast<int32_t>(checkpoint.config().vocab_size) - 1;
    const auto direct = Lookup(checkpoint, EmbeddingAccess::kDirect, ids, 1);
    const auto oblivious = Lookup(checkpoint, EmbeddingAccess::kOblivious, ids, 3);
    EXPECT_EQ(std::memcmp(direct.view().data(), oblivious.view().data(),
                          direct.view().size() * sizeof(float)),
              0);
  }
}

}  // namespace
}  // namespace sotto
