// What an owner's keys are sent to, and what they are kept from: services that are what they say
// and ones that are not, with what each was sent.
#include "connect/provisioner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "attest/json_object.h"
#include "attest/provision_statement.h"
#include "base/strings.h"
#include "testing/aci_service.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ProvisionerTest : public testing::Test {
 protected:
  ProvisionerTest() : honest_(NewEnclave()) {
    const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
    options_.collateral_path = dir_.Write("collateral.json", evidence.collateral);
    options_.policy = SyntheticPolicy();
    options_.insecure_test_root = evidence.root_pem;
    options_.insecure_test_clock = [] { return kEvidenceTime; };
    keys_.model_key = SecretString(64, 'a');
    keys_.api_keys = {"key-with-\"quotes\"-and-\\", "second-key-of-a-list"};
    keys_.tls_names = {"scores.example"};
  }

  static std::shared_ptr<const AciIdentity> NewEnclave(const std::string& mrenclave = {}) {
    constexpr int64_t kDay = 86400;
    return std::make_shared<const AciIdentity>(kEvidenceTime.time_since_epoch().count() + kDay,
                                               mrenclave);
  }
  absl::StatusOr<ProvisioningOutcome> Provision(const AciService& service) {
    options_.service = {.host = "localhost", .port = StrCat(service.port())};
    return ProvisionService(options_, keys_, terms_);
  }
  void ExpectNothingSent(const AciService& service, const std::string& reason) {
    const auto outcome = Provision(service);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    std::vector<std::string> ids;
    for (const ServiceReason& found : outcome->verdict.reasons) ids.push_back(found.id);
    EXPECT_THAT(ids, Contains(reason));
    EXPECT_THAT(outcome->keyset_digest, IsEmpty());
    EXPECT_THAT(service.prompts(), IsEmpty());
  }

  TempDir dir_;
  std::shared_ptr<const AciIdentity> honest_;
  ConnectOptions options_;
  ProvisionedKeys keys_;
  ProvisioningTerms terms_{.timeout = std::chrono::seconds(30)};
};

constexpr char kTakenAnswer[] =
    R"({"status":"provisioned","workload_keyset_digest":"sha256:d1","tls_spki_sha256":"5e"})";

TEST_F(ProvisionerTest, AServiceThatProvesWhatItIsGetsTheKeys) {
  AciService service(honest_);
  service.answer = [](const AciRequest&) { return AciAnswer{.body = kTakenAnswer}; };
  const auto outcome = Provision(service);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->verdict.accepted());
  EXPECT_EQ(outcome->keyset_digest, "sha256:d1");
  EXPECT_EQ(outcome->tls_spki_sha256, "5e");
  ASSERT_THAT(service.prompts(), testing::SizeIs(1));
  const AciRequest sent = service.prompts()[0];
  EXPECT_EQ(sent.target, "/v1/aci/provision");
  const auto document = JsonObject::Parse(sent.body);
  ASSERT_TRUE(document.ok()) << sent.body;
  EXPECT_EQ(*document->Text("purpose"), "sotto.provision.v1");
  EXPECT_EQ(*document->Text("model_key"), std::string(64, 'a'));
  EXPECT_THAT(*document->OptionalTexts("api_keys"),
              testing::ElementsAre("key-with-\"quotes\"-and-\\", "second-key-of-a-list"));
  EXPECT_THAT(*document->OptionalTexts("tls_names"), testing::ElementsAre("scores.example"));
}

// Whoever holds the proof back gains no time by it.
TEST_F(ProvisionerTest, AKeysetThatEndsBeforeTheProofComesGetsNothing) {
  std::atomic<int64_t> passed = 0;
  options_.insecure_test_clock = [&] {
    return kEvidenceTime + std::chrono::seconds(passed.load());
  };
  AciService service(honest_);
  service.proof = [&](const std::string& exporter) {
    passed = 86401;
    return honest_->ChannelProof(exporter);
  };
  EXPECT_TRUE(absl::IsUnavailable(Provision(service).status()));
  EXPECT_THAT(service.prompts(), IsEmpty());
}

TEST_F(ProvisionerTest, WhatIsNotGivenIsNotSent) {
  AciService service(honest_);
  service.answer = [](const AciRequest&) { return AciAnswer{.body = kTakenAnswer}; };
  keys_ = {.tls_names = {"a.example"}};
  ASSERT_TRUE(Provision(service).ok());
  EXPECT_EQ(service.prompts().at(0).body,
            R"({"purpose":"sotto.provision.v1","tls_names":["a.example"]})");
}

TEST_F(ProvisionerTest, AnOwnersSignatureIsOfThisConnection) {
  AciService service(honest_);
  service.answer = [](const AciRequest&) { return AciAnswer{.body = kTakenAnswer}; };
  ASSERT_TRUE(Provision(service).ok());
  const Ed25519Key owner = *Ed25519Key::Generate();
  terms_.owner_key = &owner;
  ASSERT_TRUE(Provision(service).ok());
  const std::vector<AciRequest> sent = service.prompts();
  ASSERT_THAT(sent, testing::SizeIs(2));
  EXPECT_EQ(sent[0].Header("Authorization"), "");
  const std::string value = sent[1].Header("Authorization");
  EXPECT_TRUE(IsAuthorizedBy(owner.public_key(), value, sent[1].exporter, sent[1].body));
  EXPECT_FALSE(IsAuthorizedBy(owner.public_key(), value, sent[0].exporter, sent[1].body));
}

TEST_F(ProvisionerTest, AMiddleWithAnotherKeyGetsNothing) {
  const AciService genuine(honest_);
  AciService middle(NewEnclave());
  options_.authorities = middle.identity()->certificate();
  middle.report = [&](const std::string& nonce) { return genuine.identity()->Report(nonce); };
  middle.proof = [&](const std::string& exporter) {
    return genuine.identity()->ChannelProof(exporter);
  };
  ExpectNothingSent(middle, "tls.key");
}

// Whoever has the TLS key but is not the enclave can relay whatever it says, of other connections.
TEST_F(ProvisionerTest, TheProofOfAnotherConnectionIsNotEnough) {
  AciService service(honest_);
  service.proof = [this](const std::string&) {
    return honest_->ChannelProof(std::string(32, '\1'));
  };
  ExpectNothingSent(service, "channel.mismatch");
}

TEST_F(ProvisionerTest, YesterdaysReportIsNotEnough) {
  AciService service(honest_);
  service.report = [this](const std::string&) { return honest_->Report(std::string(64, '7')); };
  ExpectNothingSent(service, "report.mismatch");
}

TEST_F(ProvisionerTest, OtherCodeGetsNothing) {
  const AciService other(NewEnclave(std::string(64, '7')));
  ExpectNothingSent(other, "policy.mrenclave");
}

TEST_F(ProvisionerTest, ACertificateThatTheAuthoritiesDoNotKnowGetsNothing) {
  const AciService service(honest_);
  options_.authorities = NewEnclave()->certificate();
  const absl::Status refused = Provision(service).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("tls.certificate"));
  EXPECT_THAT(service.prompts(), IsEmpty());
}

TEST_F(ProvisionerTest, WhatTheServiceSaysOfTheKeysIsTold) {
  for (const auto& [status, code, message] :
       {std::tuple{422, absl::StatusCode::kFailedPrecondition, "wrong key"},
        {400, absl::StatusCode::kFailedPrecondition, "wrong key"},
        {404, absl::StatusCode::kFailedPrecondition, "does not wait"},
        {409, absl::StatusCode::kAlreadyExists, "was not this command"},
        {429, absl::StatusCode::kUnavailable, "wrong key"},
        {503, absl::StatusCode::kUnavailable, "wrong key"}}) {
    AciService service(honest_);
    service.answer = [status = status](const AciRequest&) {
      return AciAnswer{.status = status, .body = R"({"error":{"message":"wrong \u001b key"}})"};
    };
    const absl::Status told = Provision(service).status();
    EXPECT_EQ(told.code(), code) << told;
    EXPECT_THAT(
        std::string(told.message()),
        testing::AllOf(HasSubstr(message == std::string("wrong key") ? "wrong ? key" : message),
                       Not(HasSubstr("\x1b"))));
  }
}

TEST_F(ProvisionerTest, AnAnswerThatIsNoneIsNoSuccess) {
  for (const char* body : {"{}", "", "[]", R"({"workload_keyset_digest":"sha256:d1"})"}) {
    AciService service(honest_);
    service.answer = [body](const AciRequest&) { return AciAnswer{.body = body}; };
    EXPECT_FALSE(Provision(service).ok()) << body;
  }
}

}  // namespace
}  // namespace sotto
