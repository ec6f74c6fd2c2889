#include "trusted/tee/platform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::HasSubstr;

// A made-up /dev below a directory of its own. On a machine that is itself a TDX guest, "none"
// cannot be had: CPUID does not lie for tests.
class PlatformTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& content) {
    const std::filesystem::path file = root_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  PlatformReport Detect() { return DetectPlatform(root_.path()); }

  TempDir root_;
};

TEST_F(PlatformTest, EmptyDevIsNone) {
  if (DetectPlatform().platform == Platform::kTdxGuest) GTEST_SKIP() << "this is a TDX guest";
  EXPECT_EQ(Detect().platform, Platform::kNone);
}

TEST_F(PlatformTest, GramineUnderSgx) {
  Write("/dev/attestation/attestation_type", "dcap");
  Write("/dev/attestation/keys/default", "");
  EXPECT_EQ(Detect().platform, Platform::kGramineSgx);
  EXPECT_EQ(Detect().attestation_type, "dcap");
}

TEST_F(PlatformTest, AttestationTypeIsAWordOrNothing) {
  Write("/dev/attestation/attestation_type", "dcap\nsotto: error: forged line");
  EXPECT_EQ(Detect().attestation_type, "dcap");
  Write("/dev/attestation/attestation_type", std::string(1000, 'a'));
  EXPECT_EQ(Detect().attestation_type, std::string(16, 'a'));
  Write("/dev/attestation/attestation_type", "");
  EXPECT_EQ(Detect().platform, Platform::kGramineSgx);
  EXPECT_THAT(DescribePlatform(Detect()), HasSubstr("unknown"));
}

TEST_F(PlatformTest, GramineWithoutSgx) {
  Write("/dev/attestation/keys/default", "");
  EXPECT_EQ(Detect().platform, Platform::kGramineDirect);
}

TEST_F(PlatformTest, TdxGuestByItsDevice) {
  Write("/dev/tdx_guest", "");
  EXPECT_EQ(Detect().platform, Platform::kTdxGuest);
}

TEST_F(PlatformTest, GramineInsideTdxIsGramine) {
  Write("/dev/tdx_guest", "");
  Write("/dev/attestation/attestation_type", "none");
  EXPECT_EQ(Detect().platform, Platform::kGramineSgx);
}

TEST(PlatformNamesTest, OnlyRealTeesProtect) {
  EXPECT_FALSE(ProtectsFromHost(Platform::kNone));
  EXPECT_FALSE(ProtectsFromHost(Platform::kGramineDirect));
  EXPECT_TRUE(ProtectsFromHost(Platform::kGramineSgx));
  EXPECT_TRUE(ProtectsFromHost(Platform::kTdxGuest));
  for (const Platform p : {Platform::kNone, Platform::kGramineDirect}) {
    EXPECT_THAT(DescribePlatform({p, ""}), HasSubstr("nothing is protected"));
  }
  EXPECT_EQ(PlatformName(Platform::kGramineSgx), "gramine-sgx");
}

}  // namespace
}  // namespace sotto
