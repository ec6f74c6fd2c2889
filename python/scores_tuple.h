// The scores of a prompt as NumPy arrays.
#ifndef SOTTO_PYTHON_SCORES_TUPLE_H_
#define SOTTO_PYTHON_SCORES_TUPLE_H_

#include "pybind11/pybind11.h"
#include "sotto/scores.h"

namespace sotto_python {

// (logprobs [n], top_ids [n, top_k], top_logprobs [n, top_k], sum, tokens, perplexity or None). The
// arrays are views of what `scores` held. With the GIL.
pybind11::tuple ScoresTuple(sotto::Scores scores);

}  // namespace sotto_python

#endif  // SOTTO_PYTHON_SCORES_TUPLE_H_
