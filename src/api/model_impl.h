// What a Model is a handle to.
#ifndef SOTTO_API_MODEL_IMPL_H_
#define SOTTO_API_MODEL_IMPL_H_

#include <memory>
#include <utility>

#include "enclave/tokenizer/tokenizer.h"
#include "model/checkpoint.h"
#include "sotto/model.h"

namespace sotto {

struct Model::Impl {
  explicit Impl(Checkpoint opened) : checkpoint(std::move(opened)) {}

  const Checkpoint checkpoint;
  ModelInfo info;
  bool pinned = false;  // To a digest or a root.
  int threads = 1;
  std::unique_ptr<const Tokenizer> tokenizer;  // Null: none.
};

}  // namespace sotto

#endif  // SOTTO_API_MODEL_IMPL_H_
