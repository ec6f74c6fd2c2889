// What the program asks of, and learns from, the system about itself.
#ifndef SOTTO_CLI_PROCESS_INFO_H_
#define SOTTO_CLI_PROCESS_INFO_H_

namespace sotto {

// Keeps prompt-derived plaintext out of core dumps and from debuggers of the same user: no dump of
// this process is written, and other processes cannot attach to it or read its memory (but for
// root, from whom only an enclave protects). Once, at the start of the program. Gramine has no
// prctl(2), and an enclave's memory nobody outside to read it.
void ForbidCoreDumps();

// A write beyond a file-size limit, or to a closed pipe, becomes an error instead of a death that
// would leave temporary files behind. Once, at the start of the program.
void TurnWriteSignalsIntoErrors();

// Descriptors 0 to 2 that are closed lead nowhere from now on: else the first files opened would
// get their numbers, and what is printed. Once, at the start of the program.
void ReserveStandardDescriptors();

// Ends the program as a pipe that nobody reads ends other programs: by SIGPIPE, without a word.
[[noreturn]] void EndByBrokenPipe();

}  // namespace sotto

#endif  // SOTTO_CLI_PROCESS_INFO_H_
