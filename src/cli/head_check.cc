#include "cli/head_check.h"

#include <string_view>

#include "base/strings.h"

namespace sotto {
namespace {

std::string_view WhatItIsFor(HeadKind head) {
  switch (head) {
    case HeadKind::kLmHead:
      return "sotto score and sotto embed are for it";
    case HeadKind::kClassifier:
      return "sotto classify and sotto embed are for it";
    case HeadKind::kNone:
      return "sotto embed is for it";
  }
  return "";
}

}  // namespace

absl::Status CheckHead(const ModelInfo& model, LineTask task) {
  if (task == LineTask::kEmbed && !model.embedding_code.empty()) {
    return absl::UnimplementedError(
        StrCat(model.path, ": config.json: auto_map.AutoModel names code of the checkpoint's own, ",
               "which makes its embeddings; Sotto runs no such code"));
  }
  const HeadKind head = model.head.kind;
  const bool can = task == LineTask::kEmbed ||
                   (task == LineTask::kScore && head == HeadKind::kLmHead) ||
                   (task == LineTask::kClassify && head == HeadKind::kClassifier);
  if (can) return absl::OkStatus();
  const std::string_view lacks =
      task == LineTask::kScore ? "no lm_head, and so no logits" : "no labels to choose from";
  return absl::FailedPreconditionError(
      StrCat(model.path, ": is a ", model.architecture, ", with ", lacks, "; ", WhatItIsFor(head)));
}

}  // namespace sotto
