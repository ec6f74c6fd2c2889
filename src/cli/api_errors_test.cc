#include "cli/api_errors.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "protocol/tls_probe.h"
#include "trusted/split/server_identities.h"

namespace sotto {
namespace {

TEST(ApiErrors, AFieldAtTheBeginningBecomesItsFlag) {
  EXPECT_EQ(InFlagTerms(absl::InvalidArgumentError("pinned_keys: 1 given")),
            absl::InvalidArgumentError("--accelerator-key: 1 given"));
  EXPECT_EQ(InFlagTerms(absl::DataLossError("key_file: x")), absl::DataLossError("--key-file: x"));
}

TEST(ApiErrors, OthersStayAsTheyAre) {
  for (const char* message : {"config.json: precision: x", "precision", "a/threads: x", ""}) {
    EXPECT_EQ(InFlagTerms(absl::DataLossError(message)), absl::DataLossError(message));
  }
  EXPECT_EQ(InFlagTerms(absl::OkStatus()), absl::OkStatus());
}

TEST(ApiErrors, AdviceIsFollowedByItsFlags) {
  EXPECT_EQ(WithFlagAdvice(StrCat("accelerator a:1: ", kCertificateRequired)),
            StrCat("accelerator a:1: ", kCertificateRequired, " (--tls-cert and --tls-key)"));
  EXPECT_EQ(WithFlagAdvice(StrCat("x; ", kPinKeysInstead)),
            StrCat("x; ", kPinKeysInstead, " (--accelerator-key)"));
  EXPECT_EQ(
      WithFlagAdvice(StrCat("protection shares ", kTlsToEvery, ": y")),
      StrCat("protection shares ", kTlsToEvery, ": y (--accelerator-key or --accelerator-ca)"));
  EXPECT_EQ(WithFlagAdvice("x"), "x");
}

}  // namespace
}  // namespace sotto
