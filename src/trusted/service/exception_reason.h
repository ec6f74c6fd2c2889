// What a log may say of an exception.
#ifndef SOTTO_TRUSTED_SERVICE_EXCEPTION_REASON_H_
#define SOTTO_TRUSTED_SERVICE_EXCEPTION_REASON_H_

#include <exception>
#include <new>

namespace sotto {

// Its own text is not repeated: a JSON library's, for one, quotes what it could not write.
inline const char* ReasonOf(const std::exception& error) {
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ? "out of memory"
                                                                : "an internal error";
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_EXCEPTION_REASON_H_
