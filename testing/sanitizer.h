// Whether this build runs under AddressSanitizer or ThreadSanitizer, which take much address space
// and make mlock(2) do nothing.
#ifndef SOTTO_TESTING_SANITIZER_H_
#define SOTTO_TESTING_SANITIZER_H_

namespace sotto {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SOTTO_UNDER_SANITIZER
#endif
#if __has_feature(thread_sanitizer)
#define SOTTO_UNDER_THREAD_SANITIZER
#endif
#endif

#ifdef SOTTO_UNDER_SANITIZER
inline constexpr bool kUnderSanitizer = true;
#else
inline constexpr bool kUnderSanitizer = false;
#endif

#ifdef SOTTO_UNDER_THREAD_SANITIZER
inline constexpr bool kUnderThreadSanitizer = true;
#else
inline constexpr bool kUnderThreadSanitizer = false;
#endif

}  // namespace sotto

#endif  // SOTTO_TESTING_SANITIZER_H_
