// Models whose weights are made up, with a small tokenizer. Test-only.
#ifndef SOTTO_TESTING_SMALL_MODEL_H_
#define SOTTO_TESTING_SMALL_MODEL_H_

#include <string>

#include "base/check.h"
#include "base/thread_pool.h"
#include "model/random_model.h"
#include "sotto/model.h"
#include "testing/small_config.h"
#include "testing/small_tokenizers.h"
#include "testing/temp_dir.h"

namespace sotto {

// SmallConfig() with another vocabulary; `tokenizer_json` empty: none.
inline Model SmallModel(const TempDir& dir, size_t vocab_size, const std::string& tokenizer_json) {
  ThreadPool pool(1);
  RandomModelOptions options{.config = SmallConfig()};
  options.config.vocab_size = vocab_size;
  const std::string path = dir.File("model");
  SOTTO_CHECK(WriteRandomModel(options, path, pool).ok());
  if (!tokenizer_json.empty()) dir.Write("model/tokenizer.json", tokenizer_json);
  absl::StatusOr<Model> model = Model::Open(path);
  SOTTO_CHECK(model.ok());
  return *std::move(model);
}

// That of small_tokenizers.h, over a vocabulary of its size.
inline Model ByteLevelModel(const TempDir& dir) {
  return SmallModel(dir, 262, ByteLevelJson().dump());
}

}  // namespace sotto

#endif  // SOTTO_TESTING_SMALL_MODEL_H_
