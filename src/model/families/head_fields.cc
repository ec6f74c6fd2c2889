#include "model/families/head_fields.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/strings.h"
#include "model/printable.h"

namespace sotto {
namespace {

constexpr int64_t kMaxLabels = 1 << 16;
constexpr int64_t kDefaultLabels = 2;  // transformers' default.

constexpr std::pair<const char*, LabelActivation> kProblemTypes[] = {
    {"regression", LabelActivation::kNone},
    {"single_label_classification", LabelActivation::kSoftmax},
    {"multi_label_classification", LabelActivation::kSigmoid}};

// The class of transformers that makes a model of this head, as auto_map names it.
const char* AutoClass(HeadKind head) {
  switch (head) {
    case HeadKind::kLmHead:
      return "AutoModelForCausalLM";
    case HeadKind::kClassifier:
      return "AutoModelForSequenceClassification";
    case HeadKind::kNone:
      return "AutoModel";
  }
  SOTTO_CHECK(false && "unknown HeadKind");
}

absl::StatusOr<std::vector<std::string>> ReadLabels(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(const auto count, fields.Integer("num_labels", 1, kMaxLabels));
  SOTTO_ASSIGN_OR_RETURN(const JsonFields names, fields.Object("id2label"));
  const bool named = fields.Has("id2label");
  const auto size =
      named ? static_cast<int64_t>(names.Names().size()) : count.value_or(kDefaultLabels);
  if (count && *count != size) {
    return fields.Invalid("num_labels", StrCat("is ", *count, ", but id2label has ", size));
  }
  if (size < 1 || size > kMaxLabels) {
    return fields.Invalid("id2label",
                          StrCat("has ", size, " labels; 1 to ", kMaxLabels, " are possible"));
  }
  std::vector<std::string> labels;
  for (int64_t i = 0; i < size; ++i) {
    std::string label = StrCat("LABEL_", i);
    if (named) {
      SOTTO_ASSIGN_OR_RETURN(std::optional<std::string> name, names.Text(StrCat(i).c_str()));
      if (!name) {
        return fields.Invalid("id2label", StrCat("has ", size, " labels, but none for ", i));
      }
      label = *std::move(name);
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

// label2id, where there is one, must be `labels` the other way round. Of labels that are alike it
// can number but one.
absl::Status CheckLabelNumbers(const JsonFields& fields, const std::vector<std::string>& labels) {
  if (!fields.Has("label2id")) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const auto numbers, fields.IntegerMap("label2id", 0, kMaxLabels - 1));
  const char* const source = fields.Has("id2label") ? "id2label" : "the number of labels";
  for (const auto& [label, number] : numbers) {
    const auto at = static_cast<size_t>(number);
    if (at < labels.size() && labels[at] == label) continue;
    return fields.Invalid("label2id", StrCat("gives ", Printable(label), " ", number,
                                             ", which contradicts ", source));
  }
  for (const std::string& label : labels) {
    if (numbers.contains(label)) continue;
    return fields.Invalid("label2id", StrCat("lacks ", Printable(label), " of ", source));
  }
  return absl::OkStatus();
}

absl::StatusOr<LabelActivation> ReadActivation(const JsonFields& fields, size_t labels) {
  SOTTO_ASSIGN_OR_RETURN(const auto type, fields.Text("problem_type"));
  LabelActivation activation = LabelActivation::kSoftmax;
  if (type) {
    bool known = false;
    for (const auto& [name, meaning] : kProblemTypes) {
      if (*type != name) continue;
      activation = meaning;
      known = true;
    }
    if (!known) {
      return fields.Unsupported(
          "problem_type", StrCat("is ", Printable(*type), "; supported are regression, ",
                                 "single_label_classification and multi_label_classification"));
    }
  }
  // Of one label there is nothing to choose: its score is the result.
  if (labels == 1 && activation == LabelActivation::kSoftmax) return LabelActivation::kNone;
  return activation;
}

absl::Status ReadClassifier(const JsonFields& fields, HeadSpec& head) {
  SOTTO_ASSIGN_OR_RETURN(head.labels, ReadLabels(fields));
  SOTTO_RETURN_IF_ERROR(CheckLabelNumbers(fields, head.labels));
  SOTTO_ASSIGN_OR_RETURN(head.activation, ReadActivation(fields, head.labels.size()));
  // No token has a negative one, which old exports have for "none".
  SOTTO_ASSIGN_OR_RETURN(head.pad_token_id, fields.Integer("pad_token_id", INT32_MIN, INT32_MAX));
  return absl::OkStatus();
}

}  // namespace

const char* ArchitectureSuffix(HeadKind head) {
  switch (head) {
    case HeadKind::kLmHead:
      return "ForCausalLM";
    case HeadKind::kClassifier:
      return "ForSequenceClassification";
    case HeadKind::kNone:
      return "Model";
  }
  SOTTO_CHECK(false && "unknown HeadKind");
}

absl::Status ReadHead(const JsonFields& fields, HeadKind kind, ModelSpec& spec) {
  SOTTO_ASSIGN_OR_RETURN(const JsonFields own_code, fields.Object("auto_map"));
  SOTTO_RETURN_IF_ERROR(own_code.OnlyNeutral(AutoClass(kind), nullptr));
  SOTTO_ASSIGN_OR_RETURN(const auto embedding_code, own_code.Text(AutoClass(HeadKind::kNone)));
  spec.embedding_code = embedding_code.value_or("");
  spec.head = {.kind = kind};
  if (kind != HeadKind::kLmHead) spec.tie_word_embeddings = false;  // There is nothing to tie.
  return kind == HeadKind::kClassifier ? ReadClassifier(fields, spec.head) : absl::OkStatus();
}

void WriteHead(const ModelSpec& spec, nlohmann::json& json) {
  const HeadSpec& head = spec.head;
  if (head.kind != HeadKind::kClassifier) return;
  for (size_t i = 0; i < head.labels.size(); ++i) {
    json["id2label"][StrCat(i)] = head.labels[i];
    json["label2id"][head.labels[i]] = i;
  }
  for (const auto& [name, activation] : kProblemTypes) {
    if (activation == head.activation) json["problem_type"] = name;
  }
  if (head.pad_token_id) json["pad_token_id"] = *head.pad_token_id;
}

}  // namespace sotto
