// Files and directories that do not have their own name yet, and what becomes of them when the
// program is stopped.
#ifndef SOTTO_BASE_TEMPORARY_FILES_H_
#define SOTTO_BASE_TEMPORARY_FILES_H_

#include <string>
#include <string_view>

namespace sotto {

// Creates and opens a file as mkostemp(3) does from `pattern`, which ends in XXXXXX and becomes its
// name, and marks it in use (base/stale_temporaries.h). Returns the descriptor, or -1 with errno.
// Until it is renamed or forgotten, the file is among those that a signal removes; beyond 64 at a
// time, or with a name of 4096 bytes, it is not. Thread-safe, like all functions here.
int CreateTemporaryFile(std::string& pattern);

// The same for a directory, as mkdtemp(3). A signal removes it with the files in it; it must hold
// no directory. Returns a descriptor, which marks it in use until it is closed.
int CreateTemporaryDirectory(std::string& pattern);

// Gives a file without a name (base/unnamed_file.h) a temporary one. False, with errno, on failure.
bool LinkTemporary(int fd, std::string& pattern);

// rename(2) to its name, after which no signal removes it: one that comes meanwhile finds it before
// or after. False, with errno, on failure: nothing has changed then.
bool RenameTemporary(const std::string& name, const std::string& target);

// After a file or directory was removed; any other name is ignored.
void ForgetTemporary(const std::string& name);

// What messages of an early end say became of the outputs, in place of "unfinished output files
// were removed"; empty: that again. Up to 4096 bytes of it. For outputs that stay where they are.
void SayOfOutputs(std::string_view text);

// Removes the temporary files and directories, writes `message` and what became of the outputs to
// stderr and ends the process at once: for ends that no destructor sees. Allocates nothing;
// async-signal-safe.
[[noreturn]] void RemoveTemporaryFilesAndExit(std::string_view message, int exit_code);

// From now on SIGINT, SIGTERM and SIGHUP remove the temporary files and directories, say on stderr
// what became of the outputs, and end the process at once with 128 + signal. One that is ignored
// stays so (nohup). Call it once, before other threads start.
void RemoveTemporaryFilesOnSignals();

}  // namespace sotto

#endif  // SOTTO_BASE_TEMPORARY_FILES_H_
