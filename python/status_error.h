// absl::Status as Python exceptions.
#ifndef SOTTO_PYTHON_STATUS_ERROR_H_
#define SOTTO_PYTHON_STATUS_ERROR_H_

#include <exception>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pybind11/pybind11.h"

namespace sotto_python {

// Becomes the class of sotto/_errors.py that belongs to the status's code.
class StatusError : public std::exception {
 public:
  explicit StatusError(absl::Status status) : status_(std::move(status)) {}
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

inline void ThrowIfError(const absl::Status& status) {
  if (!status.ok()) throw StatusError(status);
}

template <typename T>
T ValueOrThrow(absl::StatusOr<T> value) {
  ThrowIfError(value.status());
  return *std::move(value);
}

// Text of the library, which may name a file whose name is not UTF-8.
pybind11::str ToStr(std::string_view text);

// Makes the module translate StatusError.
void RegisterStatusError();

}  // namespace sotto_python

#endif  // SOTTO_PYTHON_STATUS_ERROR_H_
