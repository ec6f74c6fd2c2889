#ifndef SOTTO_BASE_STOPWATCH_H_
#define SOTTO_BASE_STOPWATCH_H_

#include <chrono>

namespace sotto {

// Wall time since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace sotto

#endif  // SOTTO_BASE_STOPWATCH_H_
