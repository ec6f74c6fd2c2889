// Looks two ids up and ends: what embedding_test runs under valgrind. Usage:
// embedding_probe MODEL_DIR oblivious|direct ID. Test-only.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "trusted/engine/embedding.h"

int main(int argc, char** argv) {
  using sotto::Checkpoint, sotto::EmbeddingAccess, sotto::Matrix, sotto::ThreadPool;
  SOTTO_CHECK(argc == 4);
  const auto checkpoint = Checkpoint::Open(argv[1]);
  SOTTO_CHECK(checkpoint.ok());
  const bool oblivious = std::string_view(argv[2]) == "oblivious";
  // Digits are summed without a branch or address that depends on them.
  int32_t id = 0;
  for (int i = 0; i < 10; ++i) id = id * 10 + (argv[3][i] - '0');
  const int32_t ids[] = {id, id / 2};
  ThreadPool pool(1);
  const auto embedding = MakeEmbedding(
      *checkpoint, pool, oblivious ? EmbeddingAccess::kOblivious : EmbeddingAccess::kDirect);
  SOTTO_CHECK(embedding.ok());
  Matrix<float> x(2, checkpoint->config().hidden_size);
  SOTTO_CHECK((*embedding)->Lookup(ids, x.view(), pool).ok());
  return 0;
}
