// Arithmetic as every result assumes it, whatever the calling program has set.
#ifndef SOTTO_BASE_DEFAULT_FLOAT_ENVIRONMENT_H_
#define SOTTO_BASE_DEFAULT_FLOAT_ENVIRONMENT_H_

#include <cfenv>

namespace sotto {

// While it lives, this thread rounds to nearest, traps nothing, and keeps denormals; threads that
// it starts inherit that. Then the caller's modes and exception flags are back.
class DefaultFloatEnvironment {
 public:
  DefaultFloatEnvironment() {
    std::fegetenv(&before_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~DefaultFloatEnvironment() { std::fesetenv(&before_); }
  DefaultFloatEnvironment(const DefaultFloatEnvironment&) = delete;
  DefaultFloatEnvironment& operator=(const DefaultFloatEnvironment&) = delete;

 private:
  std::fenv_t before_;
};

}  // namespace sotto

#endif  // SOTTO_BASE_DEFAULT_FLOAT_ENVIRONMENT_H_
