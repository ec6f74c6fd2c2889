// How much one request may ask for.
#ifndef SOTTO_TRUSTED_SERVICE_REQUEST_LIMITS_H_
#define SOTTO_TRUSTED_SERVICE_REQUEST_LIMITS_H_

#include <cstddef>

namespace sotto {

struct RequestLimits {
  size_t tokens = size_t{1} << 17;  // Of all its prompts, once they are cut.
  size_t prompts = 2048;            // Or documents.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_REQUEST_LIMITS_H_
