// Which of several failures is reported when things run at once.
#ifndef SOTTO_BASE_GRAVEST_H_
#define SOTTO_BASE_GRAVEST_H_

#include "base/status.h"

namespace sotto {

// Joins `next` to what is known: an error replaces OK, and ABORTED (an accelerator lied) replaces
// every other error, for after it nothing is tried again; otherwise the first stays. Whether `kept`
// has changed.
inline bool KeepGravest(absl::Status& kept, const absl::Status& next) {
  const bool graver = kept.ok() ? !next.ok() : absl::IsAborted(next) && !absl::IsAborted(kept);
  if (graver) kept = next;
  return graver;
}

}  // namespace sotto

#endif  // SOTTO_BASE_GRAVEST_H_
