// Test-only.
#ifndef SOTTO_MODEL_CHECKPOINT_TEST_UTIL_H_
#define SOTTO_MODEL_CHECKPOINT_TEST_UTIL_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/checkpoint.h"

namespace sotto {

// That the model directory `path` is not opened: a message that names it and holds `what`.
inline void ExpectRefused(const std::string& path, absl::StatusCode code, const std::string& what) {
  const absl::Status status = Checkpoint::Open(path).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(what));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(path));
}

// A tensor's bytes as they are stored.
inline std::vector<uint8_t> StoredBytes(const Checkpoint& checkpoint, const TensorRef& tensor) {
  std::vector<uint8_t> bytes(tensor.size_bytes);
  EXPECT_EQ(checkpoint.ReadStoredRows(tensor, 0, bytes), absl::OkStatus());
  return bytes;
}

}  // namespace sotto

#endif  // SOTTO_MODEL_CHECKPOINT_TEST_UTIL_H_
