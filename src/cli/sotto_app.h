// The program `sotto`: subcommands, exit codes, one-line errors.
#ifndef SOTTO_CLI_SOTTO_APP_H_
#define SOTTO_CLI_SOTTO_APP_H_

namespace sotto {

// Runs the program; never throws. Returns the exit code: 0, 1 for a failure, 2 for a command line
// that cannot be understood. Either error is one line on stderr, "sotto: error: ...".
int RunSotto(int argc, const char* const* argv);

}  // namespace sotto

#endif  // SOTTO_CLI_SOTTO_APP_H_
