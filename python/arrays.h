// NumPy arrays over the library's results, and token ids out of them.
#ifndef SOTTO_PYTHON_ARRAYS_H_
#define SOTTO_PYTHON_ARRAYS_H_

#include <memory>
#include <utility>
#include <vector>

#include "pybind11/numpy.h"
#include "pybind11/pybind11.h"
#include "sotto/model.h"

namespace sotto_python {

// One-dimensional, contiguous; what sotto/_arguments.py makes of every prompt.
using IdArray = pybind11::array_t<int32_t, pybind11::array::c_style>;

inline sotto::TokenIds IdsOf(const IdArray& ids) { return {ids.data(), ids.data() + ids.size()}; }

// Keeps `values` alive for as long as arrays refer to it: the base of an array.
template <typename T>
pybind11::capsule OwnerOf(std::unique_ptr<T> values) {
  pybind11::capsule owner(values.get(), [](void* pointer) { delete static_cast<T*>(pointer); });
  (void)values.release();
  return owner;
}

// An array of `shape` over the elements of `values`, which are moved, not copied.
template <typename T>
pybind11::array_t<T> ArrayOf(std::vector<T> values, std::vector<pybind11::ssize_t> shape) {
  auto moved = std::make_unique<std::vector<T>>(std::move(values));
  const T* const data = moved->data();
  return pybind11::array_t<T>(std::move(shape), data, OwnerOf(std::move(moved)));
}

}  // namespace sotto_python

#endif  // SOTTO_PYTHON_ARRAYS_H_
