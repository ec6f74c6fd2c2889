// SOTTO_CHECK: our own bugs stop the process, in release builds too. Bytes from a file, a user or a
// peer never reach one. The message holds names and sizes, never values derived from a prompt.
#ifndef SOTTO_BASE_CHECK_H_
#define SOTTO_BASE_CHECK_H_

namespace sotto {

// Prints "FILE:LINE: check failed: WHAT" to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* what);

}  // namespace sotto

#define SOTTO_CHECK(condition) \
  ((condition) ? (void)0 : ::sotto::CheckFailed(__FILE__, __LINE__, #condition))

#endif  // SOTTO_BASE_CHECK_H_
