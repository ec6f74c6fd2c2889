// Remembers, beyond connections, that an accelerator lied: nobody is to talk to it again.
#ifndef SOTTO_TRUSTED_SPLIT_CAUGHT_LIE_H_
#define SOTTO_TRUSTED_SPLIT_CAUGHT_LIE_H_

#include <mutex>

#include "base/gravest.h"
#include "base/status.h"

namespace sotto {

// Thread-safe.
class CaughtLie {
 public:
  // Keeps the first ABORTED; any other status is not looked at.
  void Note(const absl::Status& status) {
    if (!absl::IsAborted(status)) return;
    std::lock_guard lock(mutex_);
    KeepGravest(status_, status);
  }
  // That ABORTED, or OK.
  absl::Status status() const {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_CAUGHT_LIE_H_
