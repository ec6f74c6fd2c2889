// The head of a ...ForSequenceClassification model: a few rows, multiplied in this process whatever
// computes the layers, so that every mode gives the same bits. TRUSTED: holds what is derived from
// prompts.
#ifndef SOTTO_TRUSTED_API_CLASSIFIER_H_
#define SOTTO_TRUSTED_API_CLASSIFIER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/status.h"
#include "model/checkpoint.h"
#include "sotto/head.h"
#include "sotto/scores.h"

namespace sotto {

// What a Classifier of this model takes; 0 where it has none.
uint64_t ClassifierBytes(const ModelSpec& config);

class Classifier {
 public:
  // REQUIRES: the model's head is a classifier. Errors as Checkpoint::ReadRows.
  static absl::StatusOr<Classifier> Read(const Checkpoint& checkpoint);

  // Tokens of a prompt up to the last that is not padding; one where all are, as in transformers.
  // No branch depends on an id.
  size_t LengthWithoutPadding(std::span<const int32_t> ids) const;
  // hidden: [hidden_size]. Sums in f64, in the order of the columns. Time depends on sizes alone.
  std::vector<float> Logits(std::span<const float> hidden) const;
  Classification Classify(std::vector<float> logits) const;

 private:
  HeadSpec head_;
  Matrix<float> rows_;       // [labels, hidden_size]
  std::vector<float> bias_;  // [labels]; zeros without one.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_CLASSIFIER_H_
