// Test programs that include this may choose Protection::kPlain.
#ifndef SOTTO_TESTING_WITH_PLAIN_H_
#define SOTTO_TESTING_WITH_PLAIN_H_

#include "trusted/split/protect_plain.h"

namespace sotto {

inline const bool kHasPlain = [] {
  AddPlainProtection();
  return true;
}();

}  // namespace sotto

#endif  // SOTTO_TESTING_WITH_PLAIN_H_
