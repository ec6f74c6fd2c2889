// What a BoundModel computes: each call runs with the GIL released, and returns arrays.
#include <utility>

#include "bound_model.h"
#include "logits_arrays.h"
#include "pybind11/stl.h"
#include "status_error.h"

namespace py = pybind11;

namespace sotto_python {
namespace {

// A field of all of `top`, [rows, top_k], which `owner` keeps alive.
template <typename T>
py::array_t<T> FieldOf(const std::vector<sotto::TokenLogprob>& top, size_t top_k, const T* first,
                       const py::capsule& owner) {
  const auto stride = static_cast<py::ssize_t>(sizeof(sotto::TokenLogprob));
  const auto columns = static_cast<py::ssize_t>(top_k);
  const auto rows = static_cast<py::ssize_t>(top.size() / top_k);
  return py::array_t<T>({rows, columns}, {columns * stride, stride}, first, owner);
}

// Two arrays [rows, top_k]: ids and log-probabilities.
std::pair<py::object, py::object> TopArrays(std::vector<sotto::TokenLogprob> top, size_t top_k,
                                            size_t rows) {
  if (top_k == 0) {
    const std::vector<py::ssize_t> empty = {static_cast<py::ssize_t>(rows), 0};
    return {py::array_t<int32_t>(empty), py::array_t<double>(empty)};
  }
  auto moved = std::make_unique<std::vector<sotto::TokenLogprob>>(std::move(top));
  const std::vector<sotto::TokenLogprob>& values = *moved;
  const py::capsule owner = OwnerOf(std::move(moved));
  return {FieldOf(values, top_k, &values[0].id, owner),
          FieldOf(values, top_k, &values[0].logprob, owner)};
}

py::tuple TupleOf(sotto::Scores scores) {
  const size_t tokens = scores.logprobs.size();
  const std::optional<double> perplexity = scores.perplexity();
  auto [top_ids, top_logprobs] = TopArrays(std::move(scores.top), scores.top_k, tokens);
  return py::make_tuple(ArrayOf(std::move(scores.logprobs), {static_cast<py::ssize_t>(tokens)}),
                        top_ids, top_logprobs, scores.sum_logprob, scores.tokens, perplexity);
}

std::vector<sotto::TokenIds> PromptsOf(const std::vector<IdArray>& prompts) {
  std::vector<sotto::TokenIds> all;
  all.reserve(prompts.size());
  for (const IdArray& prompt : prompts) all.push_back(IdsOf(prompt));
  return all;
}

}  // namespace

void BoundModel::Run(size_t prompts, py::object progress, const Runner::Job& job) {
  CheckUsable();
  Runner::Request request{.job = job, .progress = std::move(progress)};
  for (size_t i = 0; i < prompts; ++i) {
    request.names.push_back("prompts[" + std::to_string(i) + "]");
  }
  ThrowIfError(runner_->Run(request));
}

py::list BoundModel::Score(const std::vector<IdArray>& prompts, size_t top_k,
                           const std::vector<size_t>& first_tokens, py::object progress) {
  const std::vector<sotto::TokenIds> ids = PromptsOf(prompts);
  const sotto::ScoreOptions options{.top_k = top_k, .first_tokens = first_tokens};
  std::vector<sotto::Scores> scores;
  Run(ids.size(), std::move(progress), [&](const sotto::RunControl& control) {
    absl::StatusOr<std::vector<sotto::Scores>> all = prefill_->Score(ids, options, control);
    if (all.ok()) scores = *std::move(all);
    return all.status();
  });
  py::list list;
  for (sotto::Scores& one : scores) list.append(TupleOf(std::move(one)));
  return list;
}

py::object BoundModel::Logits(const std::vector<IdArray>& prompts, sotto::Positions positions,
                              py::object progress) {
  const std::vector<sotto::TokenIds> ids = PromptsOf(prompts);
  const bool padded =
      options_.pad_compute || options_.oblivious_embedding || options_.split.has_value();
  const LogitsArrays arrays(ids, positions,
                            {.vocab_size = OpenModel().info().vocab_size,
                             .batch_size = options_.batch_size,
                             .padded_length = padded ? options_.prefill_length : 0});
  Run(ids.size(), std::move(progress), [&](const sotto::RunControl& control) {
    return prefill_->Logits(
        ids, positions, [&](const sotto::LogitsRows& rows) { arrays.Take(rows); }, control);
  });
  return arrays.Result();
}

py::list BoundModel::LogprobsOf(const std::vector<IdArray>& prompts,
                                const std::vector<IdArray>& tokens,
                                const std::vector<size_t>& positions, py::object progress) {
  const std::vector<sotto::TokenIds> ids = PromptsOf(prompts);
  std::vector<sotto::NamedTokens> named(ids.size());
  for (size_t i = 0; i < named.size(); ++i) {
    named[i] = {.prompt = i, .position = positions[i], .ids = IdsOf(tokens[i])};
  }
  std::vector<std::vector<double>> logprobs;
  Run(ids.size(), std::move(progress), [&](const sotto::RunControl& control) {
    absl::StatusOr<std::vector<std::vector<double>>> all =
        prefill_->LogprobsOf(ids, named, control);
    if (all.ok()) logprobs = *std::move(all);
    return all.status();
  });
  py::list list;
  for (std::vector<double>& one : logprobs) {
    const auto size = static_cast<py::ssize_t>(one.size());
    list.append(ArrayOf(std::move(one), {size}));
  }
  return list;
}

py::list BoundModel::Embed(const std::vector<IdArray>& prompts, sotto::Pooling pooling,
                           size_t dimensions, bool normalize, py::object progress) {
  const std::vector<sotto::TokenIds> ids = PromptsOf(prompts);
  const sotto::EmbedOptions options{
      .pooling = pooling, .dimensions = dimensions, .normalize = normalize};
  std::vector<sotto::Hidden> embeddings;
  Run(ids.size(), std::move(progress), [&](const sotto::RunControl& control) {
    absl::StatusOr<std::vector<sotto::Hidden>> all = prefill_->Embed(ids, options, control);
    if (all.ok()) embeddings = *std::move(all);
    return all.status();
  });
  py::list list;
  for (sotto::Hidden& one : embeddings) {
    list.append(ArrayOf(std::move(one.values), {static_cast<py::ssize_t>(one.rows),
                                                static_cast<py::ssize_t>(one.hidden_size)}));
  }
  return list;
}

py::tuple BoundModel::Classify(const std::vector<IdArray>& prompts, py::object progress) {
  const std::vector<sotto::TokenIds> ids = PromptsOf(prompts);
  std::vector<float> logits;
  std::vector<double> probabilities;
  Run(ids.size(), std::move(progress), [&](const sotto::RunControl& control) {
    const absl::StatusOr<std::vector<sotto::Classification>> all = prefill_->Classify(ids, control);
    if (!all.ok()) return all.status();
    for (const sotto::Classification& one : *all) {
      logits.insert(logits.end(), one.logits.begin(), one.logits.end());
      probabilities.insert(probabilities.end(), one.probabilities.begin(), one.probabilities.end());
    }
    return absl::OkStatus();
  });
  const auto rows = static_cast<py::ssize_t>(ids.size());
  const std::vector<py::ssize_t> shape = {rows, static_cast<py::ssize_t>(logits.size()) / rows};
  py::object shares = py::none();
  if (!probabilities.empty()) shares = ArrayOf(std::move(probabilities), shape);
  return py::make_tuple(ArrayOf(std::move(logits), shape), shares);
}

}  // namespace sotto_python
