#include "testing/paths.h"

namespace sotto {

std::string SourceDir() { return SOTTO_SOURCE_DIR; }

std::string BinaryDir() { return SOTTO_BINARY_DIR; }

}  // namespace sotto
