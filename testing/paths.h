// Where this build's source tree and build tree are. Test-only: a shipped program knows neither.
#ifndef SOTTO_TESTING_PATHS_H_
#define SOTTO_TESTING_PATHS_H_

#include <string>

namespace sotto {

std::string SourceDir();
std::string BinaryDir();

}  // namespace sotto

#endif  // SOTTO_TESTING_PATHS_H_
