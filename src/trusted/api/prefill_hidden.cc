// The runs of a Prefill whose results are made of hidden states: Embed and Classify.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/matrix.h"
#include "base/strings.h"
#include "kernels/oblivious_row.h"
#include "sotto/prefill.h"
#include "trusted/api/option_checks.h"
#include "trusted/api/prefill_impl.h"
#include "trusted/api/prompt_checks.h"
#include "trusted/engine/logits.h"

namespace sotto {
namespace {

// The hidden states of one prompt, as its rows come, until they are pooled.
class PromptRows {
 public:
  struct Shape {
    size_t rows = 0, width = 0;
    size_t length = 0;    // The first so many count; what comes behind them is padding.
    bool padded = false;  // No branch and no address may depend on `length`.
    Pooling pooling = Pooling::kLast;
  };
  PromptRows() = default;
  explicit PromptRows(const Shape& shape)
      : shape_(shape), rows_(only_last() ? 1 : shape.rows, shape.width) {}

  // Rows from `position` on. Thread-safe for different positions.
  void Take(size_t position, ConstMatrixView<float> part) {
    if (!only_last()) {
      std::copy_n(part.data(), part.rows() * shape_.width, rows_.view().row(position));
      return;
    }
    const size_t last = shape_.length - 1;
    if (last < position || last >= position + part.rows()) return;
    std::copy_n(part.row(last - position), shape_.width, rows_.view().row(0));
  }

  // kNone's result has as many rows as the prompt has tokens; nothing else tells their number.
  Hidden Pooled() const {
    const size_t width = shape_.width;
    const ConstMatrixView<float> rows = rows_.view();
    if (shape_.pooling == Pooling::kAll) {
      return {shape_.length, width, {rows.data(), rows.data() + shape_.length * width}};
    }
    Hidden pooled{1, width, std::vector<float>(width)};
    if (shape_.pooling == Pooling::kLast) {
      ObliviousRow(rows, only_last() ? 0 : shape_.length - 1, pooled.values.data());
      return pooled;
    }
    std::vector<double> sum(width, 0.0);
    for (size_t i = 0; i < rows.rows(); ++i) {
      const uint64_t mask = LessMask(i, shape_.length);
      for (size_t j = 0; j < width; ++j) sum[j] += MaskNumber(rows(i, j), mask);
    }
    for (size_t j = 0; j < width; ++j) {
      pooled.values[j] = static_cast<float>(sum[j] / static_cast<double>(shape_.length));
    }
    return pooled;
  }

 private:
  bool only_last() const { return shape_.pooling == Pooling::kLast && !shape_.padded; }

  Shape shape_;
  Matrix<float> rows_;
};

// To the options' dimensions, and to length 1 where they ask for it.
void CutAndScale(const EmbedOptions& options, Hidden& hidden) {
  const size_t from = hidden.hidden_size;
  const size_t width = options.dimensions == 0 ? from : options.dimensions;
  for (size_t i = 0; i < hidden.rows; ++i) {
    float* const row = &hidden.values[i * width];
    std::copy_n(&hidden.values[i * from], width, row);
    if (!options.normalize) continue;
    double squares = 0;
    for (size_t j = 0; j < width; ++j) squares += double{row[j]} * row[j];
    const double length = squares > 0 ? std::sqrt(squares) : 1;
    for (size_t j = 0; j < width; ++j) row[j] = static_cast<float>(row[j] / length);
  }
  hidden.hidden_size = width;
  hidden.values.resize(hidden.rows * width);
}

}  // namespace

absl::StatusOr<RunReport> Prefill::Impl::RunPooled(TokenPrompts prompts,
                                                   const PooledRequest& pooled,
                                                   const RunRequest& request,
                                                   const RunControl& control) {
  // What fills the last batch, where padding is computed, is treated alike, for nothing.
  const size_t batch_size = options.pad_compute ? options.batch_size : 1;
  const size_t slots = (prompts.size() + batch_size - 1) / batch_size * batch_size;
  std::vector<PromptRows> rows(slots);  // Of the batch under way.
  // Where padding is computed, results wait for the end of the run.
  std::vector<std::optional<Hidden>> waiting(slots);
  PassRequest pass{.hidden_states = true, .last_run = request.last_run};
  pass.batch_begins = [&](const BatchMembers& members) {
    for (const size_t slot : members) {
      const size_t prompt = slot % prompts.size();
      rows[slot] = PromptRows({.rows = RowsOf(prompts[prompt]),
                               .width = model.info().hidden_size,
                               .length = pooled.lengths[prompt],
                               .padded = options.pad_compute,
                               .pooling = pooled.pooling});
    }
  };
  pass.rows = [&](size_t slot, size_t position, ConstMatrixView<float> part) {
    rows[slot].Take(position, part);
  };
  pass.batch_done = [&](const BatchMembers& members) -> absl::Status {
    for (const size_t slot : members) {
      Hidden hidden = std::exchange(rows[slot], PromptRows()).Pooled();
      pooled.finish(hidden);
      if (options.pad_compute) {
        waiting[slot] = std::move(hidden);
      } else {
        SOTTO_RETURN_IF_ERROR(pooled.deliver(slot, std::move(hidden)));
      }
    }
    return request.check ? request.check() : absl::OkStatus();
  };
  SOTTO_ASSIGN_OR_RETURN(RunReport report, Run(prompts, pass, control));
  for (size_t prompt = 0; options.pad_compute && prompt < prompts.size(); ++prompt) {
    SOTTO_RETURN_IF_ERROR(pooled.deliver(prompt, *std::move(waiting[prompt])));
  }
  return report;
}

absl::StatusOr<RunReport> Prefill::Impl::RunEmbed(TokenPrompts prompts, const RunRequest& request,
                                                  const RunControl& control) {
  const EmbedOptions& embed = request.embed_options;
  SOTTO_RETURN_IF_ERROR(CheckEnum("pooling", embed.pooling, Pooling::kAll));
  if (!model.info().embedding_code.empty()) {
    return absl::UnimplementedError(
        "config.json: auto_map.AutoModel names code of the checkpoint's own, which makes its "
        "embeddings; Sotto runs no such code");
  }
  if (embed.dimensions > model.info().hidden_size) {
    return absl::InvalidArgumentError(StrCat(
        "dimensions: ", embed.dimensions, ", but hidden states have ", model.info().hidden_size));
  }
  PooledRequest pooled{.pooling = embed.pooling,
                       .finish = [&](Hidden& hidden) { CutAndScale(embed, hidden); },
                       .deliver = request.embeddings};
  for (const TokenIds& prompt : prompts) pooled.lengths.push_back(prompt.size());
  return RunPooled(prompts, pooled, request, control);
}

absl::StatusOr<RunReport> Prefill::Impl::RunClassify(TokenPrompts prompts,
                                                     const RunRequest& request,
                                                     const RunControl& control) {
  if (classifier == nullptr) {
    return absl::FailedPreconditionError(StrCat("the model is a ", model.info().architecture,
                                                ", which has no labels to choose from, but ",
                                                WhatHeadComputes(model.info().head.kind)));
  }
  PooledRequest pooled;
  pooled.finish = [this](Hidden& hidden) {
    std::vector<float> logits = classifier->Logits(hidden.values);
    hidden = {1, logits.size(), std::move(logits)};
  };
  pooled.deliver = [&](size_t prompt, Hidden logits) {
    return request.classes(prompt, classifier->Classify(std::move(logits.values)));
  };
  for (const TokenIds& prompt : prompts) {
    pooled.lengths.push_back(classifier->LengthWithoutPadding(prompt));
  }
  return RunPooled(prompts, pooled, request, control);
}

absl::StatusOr<std::vector<Hidden>> Prefill::Embed(TokenPrompts prompts,
                                                   const EmbedOptions& options,
                                                   const RunControl& control) {
  std::vector<Hidden> all(prompts.size());
  const RunRequest request{.embeddings =
                               [&](size_t prompt, Hidden embedding) {
                                 all[prompt] = std::move(embedding);
                                 return absl::OkStatus();
                               },
                           .embed_options = options};
  SOTTO_RETURN_IF_ERROR(Run(prompts, request, control).status());
  return all;
}

absl::StatusOr<std::vector<Classification>> Prefill::Classify(TokenPrompts prompts,
                                                              const RunControl& control) {
  std::vector<Classification> all(prompts.size());
  const RunRequest request{.classes = [&](size_t prompt, Classification classification) {
    all[prompt] = std::move(classification);
    return absl::OkStatus();
  }};
  SOTTO_RETURN_IF_ERROR(Run(prompts, request, control).status());
  return all;
}

}  // namespace sotto
