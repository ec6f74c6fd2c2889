// Files that have no name of their own yet, and what becomes of them when the program is stopped.
#ifndef SOTTO_BASE_TEMPORARY_FILES_H_
#define SOTTO_BASE_TEMPORARY_FILES_H_

#include <string>

namespace sotto {

// Creates and opens a file as mkostemp(3) does from `pattern`, which ends in XXXXXX and becomes its
// name. Returns the descriptor, or -1 with errno. Until ForgetTemporaryFile(), the file is among
// those that a signal removes; beyond 64 at a time, or with a name of 4096 bytes, it is not.
// Thread-safe.
int CreateTemporaryFile(std::string& pattern);

// After the file was renamed or removed; any other name is ignored. Thread-safe.
void ForgetTemporaryFile(const std::string& name);

// From now on SIGINT, SIGTERM and SIGHUP remove the temporary files, say on stderr that they did,
// and end the process at once with 128 + signal. One that is ignored stays so (nohup). Call it
// once, before other threads start.
void RemoveTemporaryFilesOnSignals();

}  // namespace sotto

#endif  // SOTTO_BASE_TEMPORARY_FILES_H_
