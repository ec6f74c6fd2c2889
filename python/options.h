// The library's options as Python classes, which sotto/_options.py fills in.
#ifndef SOTTO_PYTHON_OPTIONS_H_
#define SOTTO_PYTHON_OPTIONS_H_

#include "pybind11/pybind11.h"

namespace sotto_python {

void BindOptions(pybind11::module_& module);

}  // namespace sotto_python

#endif  // SOTTO_PYTHON_OPTIONS_H_
