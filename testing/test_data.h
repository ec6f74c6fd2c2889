// Where the optional test data is: real checkpoints and golden files that are not part of this
// tree.
#ifndef SOTTO_TESTING_TEST_DATA_H_
#define SOTTO_TESTING_TEST_DATA_H_

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "testing/paths.h"

namespace sotto {

// $SOTTO_TEST_DATA, or shared/data beside the source tree; nullopt when that is no directory, and
// the test should GTEST_SKIP() with kNoTestData.
inline std::optional<std::string> TestDataDir() {
  const char* variable = std::getenv("SOTTO_TEST_DATA");
  const std::string dir = variable != nullptr && *variable != '\0'
                              ? std::string(variable)
                              : SourceDir() + "/../shared/data";
  std::error_code error;
  if (!std::filesystem::is_directory(dir, error)) return std::nullopt;
  return dir;
}

inline constexpr char kNoTestData[] = "no test data: set SOTTO_TEST_DATA to its directory";

// The model that ships with the project; always present.
inline std::string ShippedModelDir() { return SourceDir() + "/models/kjv-2m"; }

}  // namespace sotto

#endif  // SOTTO_TESTING_TEST_DATA_H_
