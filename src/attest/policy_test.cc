#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/strings.h"
#include "sotto/attestation.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string k64(64, 'a'), k96(96, 'b');

absl::StatusOr<AttestationPolicy> Parse(const std::string& toml) {
  return ParseAttestationPolicy(toml, "policy.toml");
}

TEST(ParseAttestationPolicy, EveryRule) {
  const auto policy =
      Parse(StrCat("tcb_status = [\"UpToDate\", \"SWHardeningNeeded\"]\n"
                   "allowed_advisories = [\"INTEL-SA-00615\"]\n"
                   "minimum_tcb_evaluation_data_number = 17\nmaximum_keyset_age_seconds = 86400\n"
                   "keyset_subject = \"scores.example\"\nkeyset_digest = [\"sha256:",
                   k64, "\", \"sha256:", std::string(64, '0'),
                   "\"]\n"
                   "[sgx]\nmrenclave = \"",
                   std::string(64, 'A'), "\"\nmrsigner = \"", k64,
                   "\"\nproduct_id = 1\nminimum_svn = 2\n"
                   "[tdx]\nmrtd = [\"",
                   k96, "\", \"", std::string(96, '0'), "\"]\nrtmr0 = \"any\"\nrtmr1 = \"", k96,
                   "\"\nrtmr2 = [\"", k96, "\"]\nrtmr3 = \"any\"\n"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_THAT(policy->tcb_status, ElementsAre(TcbStatus::kUpToDate, TcbStatus::kSwHardeningNeeded));
  EXPECT_THAT(policy->allowed_advisories, ElementsAre("INTEL-SA-00615"));
  EXPECT_EQ(policy->minimum_tcb_evaluation_data_number, 17u);
  EXPECT_EQ(policy->maximum_keyset_age, std::chrono::seconds(86400));
  EXPECT_THAT(policy->keyset_digest,
              ElementsAre("sha256:" + k64, "sha256:" + std::string(64, '0')));
  EXPECT_THAT(policy->keyset_subject, ElementsAre("scores.example"));
  EXPECT_THAT(policy->sgx->mrenclave, ElementsAre(k64));
  EXPECT_EQ(policy->sgx->mrsigner, k64);
  EXPECT_EQ(policy->sgx->product_id, 1);
  EXPECT_EQ(policy->sgx->minimum_svn, 2);
  EXPECT_EQ(policy->tdx->mrtd.size(), 2u);
  EXPECT_TRUE(policy->tdx->rtmr[0].empty());
  EXPECT_THAT(policy->tdx->rtmr[1], ElementsAre(k96));
}

TEST(ParseAttestationPolicy, Defaults) {
  const auto policy = Parse(StrCat("[sgx]\nmrenclave = \"", k64, "\""));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_THAT(policy->tcb_status, ElementsAre(TcbStatus::kUpToDate));
  EXPECT_TRUE(policy->allowed_advisories.empty());
  EXPECT_EQ(policy->minimum_tcb_evaluation_data_number, 0u);
  EXPECT_FALSE(policy->maximum_keyset_age.has_value());
  EXPECT_TRUE(policy->keyset_digest.empty() && policy->keyset_subject.empty());
  EXPECT_FALSE(policy->tdx.has_value());
}

TEST(ParseAttestationPolicy, Refusals) {
  const std::string sgx = StrCat("[sgx]\nmrenclave = \"", k64, "\"\n");
  const std::string tdx = StrCat("[tdx]\nmrtd = \"", k96, "\"\nrtmr0 = \"any\"\nrtmr1 = \"any\"\n",
                                 "rtmr2 = \"any\"\nrtmr3 = \"any\"\n");
  const struct {
    std::string toml;
    const char* message;
  } cases[] = {
      {"", "policy.toml: neither [sgx] nor [tdx]"},
      {"a = ", "policy.toml: line 1: "},
      {"[sgx\n", "policy.toml: line 1: "},
      {"[*sgx]\n", "policy.toml: not valid TOML"},
      {"\xff\xfe", "policy.toml: line 1: not ASCII"},
      {"\xef\xbb\xbf" + sgx, "policy.toml: line 1: not ASCII"},
      {"[sgx]\n# \xc3\xa9", "policy.toml: line 2: not ASCII"},
      {"mrenclave = \"x\"\n" + sgx, "line 1: \"mrenclave\" is unknown"},
      {"tcb_statuss = []\n" + sgx, "\"tcb_statuss\" is unknown; did you mean tcb_status?"},
      {sgx + "mr_signer = \"\"\n", "line 3: sgx.\"mr_signer\" is unknown; did you mean mrsigner?"},
      {"sgx = 1", "line 1: sgx must be a table"},
      {"[sgx]\n", "line 1: sgx.mrenclave or mrsigner, product_id and minimum_svn must be given"},
      {"[sgx]\nmrenclave = []", "line 2: sgx.mrenclave is empty"},
      {"[sgx]\nmrenclave = \"ab\"", "line 2: sgx.mrenclave must be 64 hexadecimal digits"},
      {"[sgx]\nmrenclave = \"" + std::string(64, 'g') + "\"", "must be 64 hexadecimal digits"},
      {"[sgx]\nmrenclave = [1]", "must be a string, or an array of strings"},
      {"[sgx]\nmrenclave = 1", "must be a string, or an array of strings"},
      {"[sgx]\nmrsigner = \"" + k64 + "\"", "sgx.mrsigner needs product_id and minimum_svn"},
      {sgx + "product_id = 1", "sgx.mrsigner needs product_id and minimum_svn"},
      {"[sgx]\nmrsigner = [\"" + k64 + "\", \"" + k64 + "\"]\nproduct_id = 1\nminimum_svn = 1",
       "sgx.mrsigner must be one value"},
      {sgx + "mrsigner = \"" + k64 + "\"\nproduct_id = 65536\nminimum_svn = 1",
       "line 4: sgx.product_id must be an integer from 0 to 65535"},
      {sgx + "mrsigner = \"" + k64 + "\"\nproduct_id = 1.0\nminimum_svn = 1",
       "sgx.product_id must be an integer"},
      {sgx + "mrsigner = \"" + k64 + "\"\nproduct_id = 1\nminimum_svn = -1",
       "sgx.minimum_svn must be an integer"},
      {"[tdx]\nrtmr0 = \"any\"", "tdx.mrtd must be given"},
      {"[tdx]\nmrtd = \"" + k96 + "\"", "tdx.rtmr0 must be given, or be \"any\""},
      {"[tdx]\nmrtd = \"any\"", "tdx.mrtd must be 96 hexadecimal digits"},
      {tdx + "rtmr4 = \"any\"", "tdx.\"rtmr4\" is unknown"},
      {"tcb_status = []\n" + sgx, "tcb_status is empty"},
      {"tcb_status = [\"Revoked\"]\n" + sgx, "tcb_status cannot be \"Revoked\""},
      {"tcb_status = \"uptodate\"\n" + sgx, "tcb_status cannot be \"uptodate\""},
      {"allowed_advisories = [[]]\n" + sgx, "allowed_advisories must be a string, or an array"},
      {"minimum_tcb_evaluation_data_number = 4294967296\n" + sgx, "must be an integer from 0 to"},
      {"maximum_keyset_age_seconds = \"1\"\n" + sgx, "must be an integer from 0 to"},
      {"keyset_digest = []\n" + sgx, "line 1: keyset_digest is empty"},
      {"keyset_subject = []\n" + sgx, "line 1: keyset_subject is empty"},
      {"keyset_subject = 1\n" + sgx, "keyset_subject must be a string, or an array of strings"},
      {"keyset_digest = \"" + k64 + "\"\n" + sgx, "keyset_digest must be \"sha256:\" and 64"},
      {"keyset_digest = \"sha256:" + std::string(64, 'A') + "\"\n" + sgx,
       "must be \"sha256:\" and 64 lower-case hexadecimal digits"},
      {"keyset_digests = \"\"\n" + sgx,
       "\"keyset_digests\" is unknown; did you mean keyset_digest?"},
      {sgx + sgx, "policy.toml: line 3: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.toml);
    const auto policy = Parse(c.toml);
    ASSERT_FALSE(policy.ok());
    EXPECT_EQ(policy.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(policy.status().message()), HasSubstr(c.message));
    EXPECT_THAT(std::string(policy.status().message()), testing::StartsWith("policy.toml: "));
  }
  EXPECT_TRUE(Parse(sgx).ok());
  EXPECT_TRUE(Parse(tdx).ok());
}

}  // namespace
}  // namespace sotto
