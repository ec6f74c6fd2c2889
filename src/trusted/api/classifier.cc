#include "trusted/api/classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/tensor_names.h"

namespace sotto {
namespace {

std::vector<double> Softmax(std::span<const float> logits) {
  const double largest = *std::ranges::max_element(logits);
  std::vector<double> shares;
  double total = 0;
  for (const float logit : logits) total += shares.emplace_back(std::exp(logit - largest));
  for (double& share : shares) share /= total;
  return shares;
}

std::vector<double> Sigmoid(std::span<const float> logits) {
  std::vector<double> probabilities;
  for (const float logit : logits) probabilities.push_back(1 / (1 + std::exp(-double{logit})));
  return probabilities;
}

}  // namespace

uint64_t ClassifierBytes(const ModelSpec& config) {
  return uint64_t{config.head.labels.size()} * (config.hidden_size + 1) * sizeof(float);
}

absl::StatusOr<Classifier> Classifier::Read(const Checkpoint& checkpoint) {
  const ModelSpec& config = checkpoint.config();
  Classifier classifier;
  classifier.head_ = config.head;
  classifier.rows_ = Matrix<float>(config.head.labels.size(), config.hidden_size);
  SOTTO_ASSIGN_OR_RETURN(const TensorRef rows, checkpoint.Find(kScoreName));
  SOTTO_RETURN_IF_ERROR(checkpoint.ReadRows(rows, 0, classifier.rows_.view()));
  std::vector<float>& bias = classifier.bias_;
  bias.resize(config.head.labels.size());
  if (!config.head.bias) return classifier;
  SOTTO_ASSIGN_OR_RETURN(const TensorRef tensor, checkpoint.Find(kScoreBiasName));
  SOTTO_RETURN_IF_ERROR(checkpoint.ReadRows(tensor, 0, {bias.data(), 1, bias.size()}));
  return classifier;
}

size_t Classifier::LengthWithoutPadding(std::span<const int32_t> ids) const {
  if (!head_.pad_token_id.has_value()) return ids.size();
  size_t length = 1;
  for (size_t i = 0; i < ids.size(); ++i) {
    const size_t other = 0 - static_cast<size_t>(ids[i] != *head_.pad_token_id);
    length = (length & ~other) | ((i + 1) & other);
  }
  return length;
}

std::vector<float> Classifier::Logits(std::span<const float> hidden) const {
  std::vector<float> logits(bias_);
  for (size_t label = 0; label < logits.size(); ++label) {
    const float* const row = rows_.view().row(label);
    double sum = 0;
    for (size_t j = 0; j < hidden.size(); ++j) sum += double{row[j]} * hidden[j];
    logits[label] = static_cast<float>(sum + bias_[label]);
  }
  return logits;
}

Classification Classifier::Classify(std::vector<float> logits) const {
  Classification result;
  if (head_.activation == LabelActivation::kSoftmax) result.probabilities = Softmax(logits);
  if (head_.activation == LabelActivation::kSigmoid) result.probabilities = Sigmoid(logits);
  result.logits = std::move(logits);
  return result;
}

}  // namespace sotto
