#include "trusted/service/provision_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/strings.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string With(const std::string& members) {
  return StrCat(R"({"purpose":"sotto.provision.v1")", members.empty() ? "" : ",", members, "}");
}

TEST(ProvisionDocumentTest, HoldsWhatWasGiven) {
  const std::string digits = std::string(62, '0') + "aF";
  const auto document = ParseProvisionDocument(
      With(R"("model_key":")" + digits +
           R"(","api_keys":["0123456789abcdef"],"tls_names":["a.example","192.0.2.7"])"));
  ASSERT_TRUE(document.ok()) << document.status();
  ASSERT_EQ(document->model_key.size(), 32u);
  EXPECT_EQ(document->model_key.span()[31], 0xaf);
  EXPECT_TRUE(document->api_keys.Admit("Bearer 0123456789abcdef"));
  EXPECT_FALSE(document->api_keys.Admit("Bearer 0123456789abcdeg"));
  EXPECT_THAT(document->tls_names, ElementsAre("a.example", "192.0.2.7"));
}

TEST(ProvisionDocumentTest, EverythingButItsPurposeMayBeLeftOut) {
  const auto document = ParseProvisionDocument(With(""));
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->model_key.size(), 0u);
  EXPECT_FALSE(document->api_keys.required());
  EXPECT_TRUE(document->tls_names.empty());
  EXPECT_FALSE(ParseProvisionDocument("{}").ok());
}

TEST(ProvisionDocumentTest, ErrorsNameTheMemberAndNotWhatItHolds) {
  const std::string key(64, 'k');
  for (const auto& [members, named] :
       {std::pair<std::string, std::string>{R"("model_key":")" + key + "\"", "model_key: must be"},
        {R"("model_key":")" + std::string(32, 'k') + "\"", "model_key: must be 64 hex digits"},
        {R"("api_keys":["kkkk"])", "api_keys: element 0: a key has at least 16"},
        {R"("api_keys":[])", "api_keys: "},
        {R"("api_keys":null)", "api_keys: must not be null"},
        {R"("model_key":null)", "model_key: must not be null"},
        {R"("api_keys":"kkkkkkkkkkkkkkkkkkkkk")", "api_keys: must be an array"},
        {R"("tls_names":["kk kk"])", "tls_names: must be host names"},
        {R"("tls_names":[["kkkk"]])", "tls_names: element 0 is not a string"},
        {R"("tls_name":["kkkk"])", "tls_name: is unknown here"},
        {R"("api_keys":["kkkkkkkkkkkkkkkkkkkkk"],"api_keys":[])", "api_keys: is given twice"}}) {
    const absl::Status status = ParseProvisionDocument(With(members)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << members;
    EXPECT_THAT(std::string(status.message()), HasSubstr(named));
    EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("kk")));
  }
}

TEST(ProvisionDocumentTest, IsBounded) {
  const std::string blanks(kMaxProvisionBytes, ' ');
  EXPECT_TRUE(ParseProvisionDocument(With("") + blanks.substr(With("").size())).ok());
  EXPECT_FALSE(ParseProvisionDocument(With("") + blanks).ok());
}

}  // namespace
}  // namespace sotto
