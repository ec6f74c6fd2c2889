#include "accelerator/devices/cublas_lt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace sotto {
namespace {

using testing::HasSubstr;

std::string Refusal(const std::string& library) {
  const auto loaded = LoadCublasLt(library);
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kUnavailable);
  return std::string(loaded.status().message());
}

// Needs the toolkit, but no GPU and no driver.
TEST(CublasLt, OfTheToolkitHasEveryFunction) {
  const std::string library = std::string(SOTTO_CUDA_LIBRARIES "/") + CublasLtName();
  if (!std::filesystem::exists(library)) GTEST_SKIP() << "SKIPPED: no " << library;
  const auto loaded = LoadCublasLt(library);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(loaded->ToStatus(CUBLAS_STATUS_SUCCESS, "nothing").ok());
  const absl::Status status = loaded->ToStatus(CUBLAS_STATUS_NOT_SUPPORTED, "cublasLtMatmul");
  EXPECT_THAT(std::string(status.message()), HasSubstr("cublasLtMatmul: the requested"));
  EXPECT_EQ(loaded->ToStatus(CUBLAS_STATUS_ALLOC_FAILED, "").code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(CublasLt, MissingLibraryIsNamed) {
  EXPECT_THAT(Refusal("libnothing.so.13"),
              HasSubstr("cuBLASLt cannot be loaded: libnothing.so.13: "));
}

TEST(CublasLt, AnotherLibraryIsRefused) {
  EXPECT_THAT(Refusal("libm.so.6"), HasSubstr("libm.so.6 has no cublasLt"));
}

}  // namespace
}  // namespace sotto
