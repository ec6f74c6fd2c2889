// What is said of a file whose bytes are wrong.
#ifndef SOTTO_MODEL_DAMAGED_H_
#define SOTTO_MODEL_DAMAGED_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "base/strings.h"

namespace sotto {

// DATA_LOSS: "`source`: `what`".
inline absl::Status Damaged(const std::string& source, std::string_view what) {
  return absl::DataLossError(StrCat(source, ": ", what));
}

}  // namespace sotto

#endif  // SOTTO_MODEL_DAMAGED_H_
