#include "status_error.h"

#include <string>
#include <string_view>

namespace py = pybind11;

namespace sotto_python {

py::str ToStr(std::string_view text) {
  PyObject* decoded =
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (decoded == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

void RegisterStatusError() {
  py::register_local_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const StatusError& error) {
      const py::object make = py::module_::import("sotto._errors").attr("error_of");
      const py::object made = make(static_cast<int>(error.status().code()),
                                   ToStr(std::string(error.status().message())));
      PyErr_SetObject(py::type::of(made).ptr(), made.ptr());
    }
  });
}

}  // namespace sotto_python
