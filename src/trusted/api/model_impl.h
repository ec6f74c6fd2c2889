// What a Model is a handle to.
#ifndef SOTTO_TRUSTED_API_MODEL_IMPL_H_
#define SOTTO_TRUSTED_API_MODEL_IMPL_H_

#include <memory>
#include <utility>

#include "model/checkpoint.h"
#include "sotto/model.h"
#include "trusted/api/spare_pool.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {

struct Model::Impl {
  explicit Impl(Checkpoint opened) : checkpoint(std::move(opened)) {}

  const Checkpoint checkpoint;
  ModelInfo info;
  bool pinned = false;  // To a digest or a root.
  mutable SparePool pools;
  int threads = 1;
  std::unique_ptr<const Tokenizer> tokenizer;  // Null: none.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_MODEL_IMPL_H_
