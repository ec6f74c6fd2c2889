// Where a run writes its logits: straight into NumPy arrays.
#ifndef SOTTO_PYTHON_LOGITS_ARRAYS_H_
#define SOTTO_PYTHON_LOGITS_ARRAYS_H_

#include <cstddef>
#include <vector>

#include "pybind11/numpy.h"
#include "pybind11/pybind11.h"
#include "sotto/prefill.h"

namespace sotto_python {

struct LogitsShape {
  size_t vocab_size = 0;
  size_t batch_size = 1;
  // Nonzero where padding is computed as well (sotto::LogitsConsumer): positions of every prompt.
  // Padding then gets memory of its own and is written like the rest, for nothing: what an
  // observer sees does not depend on lengths.
  size_t padded_length = 0;
};

// All positions: one array [tokens, vocab_size] per prompt; last: one array [prompts, vocab_size].
class LogitsArrays {
 public:
  // With the GIL.
  LogitsArrays(const std::vector<sotto::TokenIds>& prompts, sotto::Positions positions,
               const LogitsShape& shape);

  // Without the GIL, from any thread.
  void Take(const sotto::LogitsRows& rows) const;

  // With the GIL: the list of arrays, or the array.
  pybind11::object Result() const;

 private:
  using Array = pybind11::array_t<float, pybind11::array::c_style>;

  Array NewArray(size_t rows) const;

  const std::vector<sotto::TokenIds>& prompts_;
  const sotto::Positions positions_;
  const LogitsShape shape_;
  std::vector<Array> arrays_;  // One per prompt, those that fill the last batch included; or one.
  std::vector<float*> data_ = {};  // Row 0 of each prompt.
};

}  // namespace sotto_python

#endif  // SOTTO_PYTHON_LOGITS_ARRAYS_H_
