// Test-only.
#ifndef SOTTO_MODEL_CHECKPOINT_TEST_UTIL_H_
#define SOTTO_MODEL_CHECKPOINT_TEST_UTIL_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/checkpoint.h"

namespace sotto {

// That the model directory `path` is not opened: a message that names it and holds `what`.
inline void ExpectRefused(const std::string& path, absl::StatusCode code, const std::string& what) {
  const absl::Status status = Checkpoint::Open(path).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(what));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(path));
}

}  // namespace sotto

#endif  // SOTTO_MODEL_CHECKPOINT_TEST_UTIL_H_
