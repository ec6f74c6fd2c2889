// What every public call is wrapped in: no exception leaves the library, and the caller's
// floating-point modes do not enter it.
#ifndef SOTTO_TRUSTED_API_GUARDED_H_
#define SOTTO_TRUSTED_API_GUARDED_H_

#include <exception>
#include <new>
#include <system_error>

#include "base/default_float_environment.h"
#include "base/status.h"
#include "base/strings.h"

namespace sotto {

// What `call` returns, a Status or StatusOr; RESOURCE_EXHAUSTED where memory or a thread is not to
// be had, INTERNAL for any other exception.
template <typename Call>
auto Guarded(Call call) -> decltype(call()) {
  const DefaultFloatEnvironment floats;
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const std::system_error& error) {
    // Of the standard library's, threads alone throw it.
    return absl::ResourceExhaustedError(StrCat("cannot start a thread: ", error.code().message()));
  } catch (const std::exception& error) {
    return absl::InternalError(StrCat("internal error: ", error.what()));
  }
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_GUARDED_H_
