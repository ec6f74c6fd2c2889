#include "logits_arrays.h"

#include <algorithm>

namespace py = pybind11;

namespace sotto_python {

LogitsArrays::LogitsArrays(const std::vector<sotto::TokenIds>& prompts, sotto::Positions positions,
                           const LogitsShape& shape)
    : prompts_(prompts), positions_(positions), shape_(shape) {
  const size_t batch = shape.padded_length > 0 ? shape.batch_size : 1;
  const size_t slots = (prompts.size() + batch - 1) / batch * batch;
  if (positions == sotto::Positions::kLast) {
    arrays_.push_back(NewArray(slots));
    for (size_t i = 0; i < slots; ++i) {
      data_.push_back(arrays_[0].mutable_data() + i * shape.vocab_size);
    }
    return;
  }
  for (size_t i = 0; i < slots; ++i) {
    arrays_.push_back(NewArray(shape.padded_length > 0 ? shape.padded_length : prompts[i].size()));
    data_.push_back(arrays_.back().mutable_data());
  }
}

LogitsArrays::Array LogitsArrays::NewArray(size_t rows) const {
  return Array(std::vector<py::ssize_t>{static_cast<py::ssize_t>(rows),
                                        static_cast<py::ssize_t>(shape_.vocab_size)});
}

void LogitsArrays::Take(const sotto::LogitsRows& rows) const {
  const size_t first = positions_ == sotto::Positions::kLast ? 0 : rows.first_position;
  std::copy_n(rows.values, rows.rows * rows.vocab_size,
              data_[rows.prompt] + first * rows.vocab_size);
}

py::object LogitsArrays::Result() const {
  const auto first_rows = [](const Array& array, size_t rows) -> py::object {
    return array[py::slice(0, static_cast<py::ssize_t>(rows), 1)];
  };
  if (positions_ == sotto::Positions::kLast) return first_rows(arrays_[0], prompts_.size());
  py::list all;
  for (size_t i = 0; i < prompts_.size(); ++i) {
    all.append(first_rows(arrays_[i], prompts_[i].size()));
  }
  return all;
}

}  // namespace sotto_python
