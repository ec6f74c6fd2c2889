#include "scores_tuple.h"

#include <memory>
#include <utility>
#include <vector>

#include "arrays.h"
#include "pybind11/stl.h"

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

}  // namespace

py::tuple ScoresTuple(sotto::Scores scores) {
  const size_t tokens = scores.logprobs.size();
  const std::optional<double> perplexity = scores.perplexity();
  auto [top_ids, top_logprobs] = TopArrays(std::move(scores.top), scores.top_k, tokens);
  return py::make_tuple(ArrayOf(std::move(scores.logprobs), {static_cast<py::ssize_t>(tokens)}),
                        top_ids, top_logprobs, scores.sum_logprob, scores.tokens, perplexity);
}

}  // namespace sotto_python
