// What a model computes of the hidden states after its final norm. Public data.
#ifndef SOTTO_HEAD_H_
#define SOTTO_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sotto {

enum class HeadKind {
  kLmHead,      // ...ForCausalLM: logits of the tokens that may follow.
  kClassifier,  // ...ForSequenceClassification: a score for each label, after the last token.
  kNone,        // ...Model: nothing; hidden states are what it is for.
};

// What makes probabilities of a classifier's logits.
enum class LabelActivation {
  kNone,     // Nothing does: one label (a reward model), or problem_type "regression".
  kSoftmax,  // One of the labels holds.
  kSigmoid,  // Each may hold: problem_type "multi_label_classification".
};

struct HeadSpec {
  HeadKind kind = HeadKind::kLmHead;
  // The rest is a classifier's.
  std::vector<std::string> labels = {};  // One for each row of score.weight [labels, hidden_size].
  LabelActivation activation = LabelActivation::kNone;
  bool bias = false;  // There is a score.bias [labels].
  // Tokens of this id at the end of a prompt are padding: the score is that after the last other
  // one. Nullopt: there is none.
  std::optional<int64_t> pad_token_id = {};

  bool operator==(const HeadSpec&) const = default;
};

}  // namespace sotto

#endif  // SOTTO_HEAD_H_
