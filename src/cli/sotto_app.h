// The program `sotto`.
#ifndef SOTTO_CLI_SOTTO_APP_H_
#define SOTTO_CLI_SOTTO_APP_H_

namespace sotto {

// As RunApp(), for the program called `name`: sotto, or sotto-measure.
int RunSotto(const char* name, int argc, const char* const* argv);

}  // namespace sotto

#endif  // SOTTO_CLI_SOTTO_APP_H_
