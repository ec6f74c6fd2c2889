// The data owner's side against services that are what they say, and ones that are not: over TLS,
// with what each service was sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/strings.h"
#include "connect/connector.h"
#include "testing/aci_service.h"
#include "testing/http_client.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kPrompt[] = R"({"prompt":"the canary","max_tokens":0})";
constexpr int64_t kDay = 86400;

std::vector<std::string> IdsOf(const ServiceVerdict& verdict) {
  std::vector<std::string> ids;
  for (const ServiceReason& reason : verdict.reasons) ids.push_back(reason.id);
  return ids;
}

// A service, a connector to it, and a clock.
class ConnectTest : public testing::Test {
 protected:
  ConnectTest() : honest_(NewIdentity()) {
    const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
    options_.collateral_path = dir_.Write("collateral.json", evidence.collateral);
    options_.policy = SyntheticPolicy();
    options_.insecure_test_root = evidence.root_pem;
    options_.insecure_test_clock = [this] { return kEvidenceTime + seconds(passed_.load()); };
    options_.listen = "127.0.0.1:0";
  }

  static int64_t Noon() { return kEvidenceTime.time_since_epoch().count(); }
  static std::shared_ptr<const AciIdentity> NewIdentity(int64_t lifetime = kDay,
                                                        const std::string& mrenclave = {}) {
    return std::make_shared<const AciIdentity>(Noon() + lifetime, mrenclave);
  }
  void Connect(const AciService& service) {
    options_.service = {.host = "localhost", .port = StrCat(service.port())};
    connector_ = Connector::Create(options_).value();
    ASSERT_EQ(connector_->Listen(), absl::OkStatus());
  }
  HttpAnswer Ask(const std::string& body = kPrompt, const std::string& headers = "") {
    return HttpClient(connector_->port()).Post("/v1/completions", body, headers);
  }
  // What a service that must not be trusted is judged to be, and told.
  void ExpectRefused(const AciService& service, const std::string& reason) {
    Connect(service);
    const absl::StatusOr<ServiceVerdict> verdict = connector_->Verify();
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_THAT(IdsOf(*verdict), testing::Contains(reason));
    const HttpAnswer answer = Ask(kPrompt, "Authorization: Bearer a-key-of-the-owner\r\n");
    EXPECT_EQ(answer.status, 502);
    EXPECT_THAT(answer.body, AllOf(HasSubstr("\"code\":\"attestation_refused\""), HasSubstr(reason),
                                   Not(HasSubstr("canary"))));
    EXPECT_THAT(service.prompts(), IsEmpty());
  }

  TempDir dir_;
  std::atomic<int64_t> passed_ = 0;
  std::shared_ptr<const AciIdentity> honest_;
  ConnectOptions options_;
  std::unique_ptr<Connector> connector_;
};

TEST_F(ConnectTest, AnHonestServiceIsVerifiedOnceAndEachConnectionProven) {
  AciService service(honest_);
  Connect(service);
  const auto verdict = connector_->Verify();
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_THAT(verdict->reasons, IsEmpty()) << FormatServiceVerdict(*verdict, {});
  HttpClient one(connector_->port()), other(connector_->port());
  for (int i = 0; i < 3; ++i) {
    const HttpAnswer answer =
        one.Post("/v1/completions?a=b", kPrompt, "Authorization: Bearer k\r\n");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("the canary"));
  }
  EXPECT_EQ(other.Post("/v1/completions", kPrompt).status, 200);
  EXPECT_EQ(service.reports(), 2);  // Verify()'s own, and one for all that follow.
  EXPECT_EQ(service.proofs(), 2);   // The connection's to the service was free for the other.
  const AciRequest first = service.prompts().at(0);
  EXPECT_EQ(first.target, "/v1/completions?a=b");
  EXPECT_EQ(first.body, kPrompt);
  EXPECT_EQ(first.Header("Authorization"), "Bearer k");
  EXPECT_EQ(first.Header("Host"), StrCat("localhost:", service.port()));
}

TEST_F(ConnectTest, AValidCertificateForAnotherKeyIsNoService) {
  const AciService genuine(honest_);
  AciService middle(NewIdentity());
  options_.authorities = middle.identity()->certificate();
  middle.report = [&](const std::string& nonce) { return genuine.identity()->Report(nonce); };
  middle.proof = [&](const std::string& exporter) {
    return genuine.identity()->ChannelProof(exporter);
  };
  ExpectRefused(middle, "tls.key");
}

TEST_F(ConnectTest, YesterdaysReportIsRefused) {
  AciService service(honest_);
  service.report = [this](const std::string&) { return honest_->Report(std::string(64, '7')); };
  ExpectRefused(service, "report.mismatch");
}

// The report is rewritten to answer today's nonce; its quote is yesterday's.
TEST_F(ConnectTest, YesterdaysQuoteIsRefused) {
  AciService service(honest_);
  service.report = [this](const std::string& nonce) {
    const std::string old_nonce(64, '7');
    std::string report = honest_->Report(old_nonce);
    const auto hex = [&](const std::string& n) {
      return absl::BytesToHexString(AttestedReportData(honest_->keyset().digest(), n));
    };
    const std::string member = "\"report_data\":\"";
    report.replace(report.find(member) + member.size(), 64, hex(nonce));
    return report;
  };
  ExpectRefused(service, "policy.report_data");
}

// Whoever has the TLS key, or ends the connection for another reason before a genuine enclave,
// relays the report; the proof it gets is of its own connection to the enclave.
TEST_F(ConnectTest, AProofOfAnotherConnectionIsRefused) {
  AciService middle(honest_);
  middle.proof = [this](const std::string&) { return honest_->ChannelProof(std::string(32, 'e')); };
  ExpectRefused(middle, "channel.mismatch");
}

TEST_F(ConnectTest, AProofByASecondEnclaveIsRefused) {
  const auto second = NewIdentity();
  AciService middle(honest_);
  middle.proof = [&](const std::string& exporter) { return second->ChannelProof(exporter); };
  ExpectRefused(middle, "channel.mismatch");
}

TEST_F(ConnectTest, ExpiredAndTooLongKeysetsAreRefused) {
  const AciService expired(NewIdentity(-1));
  ExpectRefused(expired, "policy.keyset_age");
  options_.policy.maximum_keyset_age = seconds(kDay - 1);
  const AciService lasting(honest_);
  ExpectRefused(lasting, "policy.keyset_age");
}

TEST_F(ConnectTest, AKeysetThatThePolicyDoesNotNameIsRefused) {
  const AciService service(honest_);
  options_.policy.keyset_digest = {honest_->keyset().digest()};
  Connect(service);
  EXPECT_EQ(Ask().status, 200);
  const AciService another(NewIdentity());
  ExpectRefused(another, "policy.keyset_digest");
  options_.policy.keyset_digest.clear();
  options_.policy.keyset_subject = {"scores.example"};
  ExpectRefused(another, "policy.keyset_subject");
}

TEST_F(ConnectTest, OtherCodeIsRefused) {
  const AciService service(NewIdentity(kDay, std::string(32, 'x')));
  ExpectRefused(service, "policy.mrenclave");
}

TEST_F(ConnectTest, AServerWithoutAReportIsRefused) {
  AciService service(honest_);
  service.report = [](const std::string&) { return "<html>"; };
  ExpectRefused(service, "report.malformed");
}

TEST_F(ConnectTest, AServiceThatPassesPromptsOnIsRefused) {
  AciService service(honest_);
  service.report = [this](const std::string& nonce) {
    std::string report = honest_->Report(nonce);
    const std::string direct = "\"direct\"";
    return report.replace(report.find(direct), direct.size(), "\"aggregator\"");
  };
  ExpectRefused(service, "report.aggregator");
}

// Every change from here on: the connections and the client stay, and the next prompt does not.
class ChangeTest : public ConnectTest {
 protected:
  ChangeTest() : service_(honest_) { Connect(service_); }
  void ExpectNextRefused(const std::string& reason) {
    const HttpAnswer answer = client().Post("/v1/completions", R"({"prompt":"the second"})");
    EXPECT_EQ(answer.status, 502) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(reason));
    for (const AciRequest& request : service_.prompts()) {
      EXPECT_THAT(request.body, Not(HasSubstr("the second")));
    }
  }
  HttpClient& client() {
    if (client_ == nullptr) client_ = std::make_unique<HttpClient>(connector_->port());
    return *client_;
  }
  AciService service_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(ChangeTest, AKeysetThatEndsStopsTheNextPrompt) {
  EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  passed_ = kDay + 1;
  ExpectNextRefused("policy.keyset_age");
}

TEST_F(ChangeTest, AnotherDigestOnAnAnswerStopsTheNextPromptUntilItIsVerified) {
  EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  service_.BecomeAnother(NewIdentity(kDay, std::string(32, 'x')));
  // On the connection that was proven: the answer is the last of it.
  EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  ExpectNextRefused("policy.mrenclave");
}

TEST_F(ChangeTest, AnotherKeysetThatThePolicyAcceptsIsTaken) {
  EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  service_.BecomeAnother(NewIdentity());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  EXPECT_EQ(service_.reports(), 2);
  EXPECT_EQ(service_.proofs(), 2);
}

TEST_F(ChangeTest, AReportThatIsTooOldIsFetchedAnew) {
  EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  passed_ = 3599;
  EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  EXPECT_EQ(service_.reports(), 1);
  passed_ = 3600;
  EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  EXPECT_EQ(service_.reports(), 2);
  EXPECT_EQ(service_.proofs(), 2);
}

TEST_F(ChangeTest, ACollateralFileThatEndsIsReadAnew) {
  EXPECT_EQ(client().Post("/v1/completions", kPrompt).status, 200);
  dir_.Write("collateral.json", "{}");
  passed_ = 3600;
  ExpectNextRefused("collateral.malformed");
}

TEST_F(ConnectTest, BodiesGoThroughWholeInPiecesAndCompressed) {
  AciService service(honest_);
  service.answer = [](const AciRequest& request) {
    return AciAnswer{.body = request.body, .chunked = request.Header("X-Chunked") == "yes"};
  };
  Connect(service);
  const std::string large = R"({"prompt":")" + std::string(3 << 20, 'a') + "\"}";
  HttpClient client(connector_->port());
  for (const char* const headers : {"", "X-Chunked: yes\r\n"}) {
    EXPECT_EQ(client.Post("/v1/completions", large, headers).body, large);
    EXPECT_EQ(client.PostChunked("/v1/completions", large, headers).body, large);
  }
  EXPECT_THAT(service.prompts(), SizeIs(4));
}

TEST_F(ConnectTest, HeadersOfOneHopStay) {
  AciService service(honest_);
  service.answer = [](const AciRequest&) {
    return AciAnswer{.headers =
                         "Keep-Alive: timeout=5\r\nX-End: e\r\nX-Hop: h\r\n"
                         "Connection: keep-alive, X-Hop\r\n"};
  };
  Connect(service);
  const HttpAnswer answer =
      Ask(kPrompt, "Connection: keep-alive, X-Mine\r\nX-Mine: m\r\nX-Other: o\r\nTE: trailers\r\n");
  EXPECT_THAT(answer.head,
              AllOf(HasSubstr("X-End: e"), Not(HasSubstr("X-Hop")), Not(HasSubstr("timeout=5"))));
  const AciRequest request = service.prompts().at(0);
  EXPECT_EQ(request.Header("X-Other"), "o");
  EXPECT_EQ(request.Header("X-Mine") + request.Header("TE") + request.Header("Connection"), "");
}

// To an HTTP/1.0 client an answer of unknown length ends with the connection.
TEST_F(ConnectTest, AnAnswerThatIsCutLooksWholeToNobody) {
  AciService service(honest_);
  AciAnswer form{.body = "the whole answer", .chunked = true};
  service.answer = [&form](const AciRequest&) { return form; };
  Connect(service);
  const std::string old = StrCat(
      "POST /v1/completions HTTP/1.0\r\nContent-Length: ", sizeof kPrompt - 1, "\r\n\r\n", kPrompt);
  for (const bool until_end : {false, true}) {
    form.until_end = until_end;
    form.cut_bytes = 0;
    const auto [text, in_order] = HttpClient(connector_->port()).RawToItsEnd(old);
    EXPECT_TRUE(in_order);
    EXPECT_THAT(text, testing::EndsWith("\r\n\r\nthe whole answer"));
    EXPECT_EQ(Ask().body, "the whole answer");
    form.cut_bytes = until_end ? 1 : 5;  // 5: the last chunk.
    EXPECT_FALSE(HttpClient(connector_->port()).RawToItsEnd(old).second);
    EXPECT_EQ(Ask().status, 0);
  }
}

TEST_F(ChangeTest, AKeysetThatEndsStopsABodyThatIsOnItsWay) {
  client().Send(
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\n{\r\n");
  while (service_.proofs() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  passed_ = kDay + 1;
  const HttpAnswer answer = client().Raw("1\r\n}\r\n0\r\n\r\n");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("ended"));
  EXPECT_THAT(service_.prompts(), IsEmpty());
}

// Whoever holds the proof back gains no time by it.
TEST_F(ConnectTest, AKeysetThatEndsBeforeTheProofComesStopsThePrompt) {
  AciService service(honest_);
  service.proof = [this](const std::string& exporter) {
    passed_ = kDay + 1;
    return honest_->ChannelProof(exporter);
  };
  Connect(service);
  EXPECT_EQ(Ask().status, 503);
  EXPECT_THAT(service.prompts(), IsEmpty());
}

TEST_F(ConnectTest, AnswersWithoutAStatusAndInterimOnesWithoutEndAreNone) {
  for (const std::string& lines : {std::string("HTTP/1.1 000 No\r\nContent-Length: 2\r\n\r\n"), [] {
                                     std::string flood;
                                     for (int i = 0; i < 40; ++i)
                                       flood += "HTTP/1.1 103 Early Hints\r\n\r\n";
                                     return flood;
                                   }()}) {
    AciService service(honest_);
    service.answer = [&](const AciRequest&) { return AciAnswer{.before = lines}; };
    Connect(service);
    EXPECT_THAT(Ask().body, HasSubstr("service_unusable"));
  }
}

TEST_F(ConnectTest, WhatIsNotForTheServiceIsRefusedHere) {
  const AciService service(honest_);
  Connect(service);
  const std::string host = "Host: localhost\r\n";
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {"GET http://elsewhere/ HTTP/1.1\r\n" + host, 400},
           {"CONNECT elsewhere:443 HTTP/1.1\r\n" + host, 400},
           {"GET / HTTP/1.1\r\nHost: evil.example\r\n", 421},
           {"GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example:80\r\n", 421},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            400},
           {"GET / HTTP/1.1\r\n" + host + "X: " + std::string(20000, 'x') + "\r\n", 431},
           {"GET / HTTP/1.1\r\n" + host + "X: a\r\n b: c\r\n",
            400},  // A reader may take it for two.
           {"GET / HTTP/1.1\r\nHost: localhost/x\r\n", 400},
           {"POST / HTTP/1.1\r\n" + host + "Sec-Fetch-Site: cross-site\r\n", 403},
           {"HELLO\r\n", 400}}) {
    EXPECT_EQ(HttpClient(connector_->port()).Raw(request + "\r\n").status, status) << request;
  }
  EXPECT_THAT(service.prompts(), IsEmpty());
  EXPECT_EQ(service.reports(), 0);
}

TEST_F(ConnectTest, PaddedBodiesHaveTheSizeOfTheirBucketAndMeanTheSame) {
  options_.pad_to_bytes = 1000;
  AciService service(honest_);
  Connect(service);
  HttpClient client(connector_->port());
  for (const size_t size : {size_t{50}, size_t{1000}, size_t{1001}}) {
    const std::string body = "{\"p\":\"" + std::string(size - 8, 'a') + "\"}";
    EXPECT_EQ(client.Post("/v1/completions", body).status, 200);
    EXPECT_EQ(client.PostChunked("/v1/completions", body).status, 200);
    for (int i = 1; i <= 2; ++i) {
      const auto prompts = service.prompts();
      const std::string sent = prompts.at(prompts.size() - static_cast<size_t>(i)).body;
      EXPECT_EQ(sent.size(), size <= 1000 ? 1000u : 2000u);
      EXPECT_EQ(sent, body + std::string(sent.size() - size, ' '));
    }
  }
  EXPECT_EQ(client.Post("/v1/completions", "not JSON").status, 400);
  EXPECT_THAT(service.prompts(), SizeIs(6));
}

class ReceiptsTest : public ConnectTest {
 protected:
  ReceiptsTest() : service_(honest_) { options_.receipts_dir = dir_.File("receipts"); }
  std::string Kept(const std::string& name) { return dir_.Read("receipts/" + name); }
  AciService service_;
};

TEST_F(ReceiptsTest, AreCheckedAndKept) {
  Connect(service_);
  const HttpAnswer answer = Ask();
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("the canary"));
  EXPECT_EQ(Kept("rcpt-1.json"),
            honest_->Receipt("rcpt-1", "/v1/completions", kPrompt, answer.body));
  const std::string digest = honest_->keyset().digest().substr(7);
  const std::string nonce = Kept("keyset-" + digest + ".nonce").substr(0, 64);
  EXPECT_THAT(
      Kept("keyset-" + digest + ".json"),
      HasSubstr(absl::BytesToHexString(AttestedReportData(honest_->keyset().digest(), nonce))));
  EXPECT_EQ(
      HttpClient(connector_->port()).Raw("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").status,
      200);
}

TEST_F(ReceiptsTest, AnAnswerWithAWrongReceiptIsWithheld) {
  service_.edit_receipt = [this](const std::string&) {
    return honest_->Receipt("rcpt-1", "/v1/completions", "another request", "another answer");
  };
  Connect(service_);
  const HttpAnswer answer = Ask();
  EXPECT_EQ(answer.status, 502);
  EXPECT_THAT(answer.body, AllOf(HasSubstr("receipt_refused"), HasSubstr("request_mismatch"),
                                 HasSubstr("response_mismatch"), Not(HasSubstr("canary"))));
  EXPECT_FALSE(std::filesystem::exists(dir_.File("receipts/rcpt-1.json")));
}

TEST_F(ReceiptsTest, AnAnswerWithAForeignReceiptIsWithheld) {
  const auto other = NewIdentity();
  service_.edit_receipt = [&](const std::string&) {
    return other->Receipt("rcpt-1", "/v1/completions", kPrompt, "x");
  };
  Connect(service_);
  EXPECT_THAT(Ask().body, AllOf(HasSubstr("receipt_refused"), HasSubstr("keyset_mismatch"),
                                HasSubstr("signature")));
}

TEST_F(ReceiptsTest, AnAnswerWithoutAReceiptIsWithheldWhateverTheMethodAndTheStatus) {
  std::atomic<int> status = 200;
  service_.answer = [&](const AciRequest&) {
    return AciAnswer{.status = status, .body = "the canary"};
  };
  Connect(service_);
  const auto ask = [&](const std::string& method) {
    return HttpClient(connector_->port())
        .Raw(method + " /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
        .body;
  };
  for (const char* const method : {"PUT", "PATCH", "post", "EVIL"}) {
    EXPECT_THAT(ask(method), HasSubstr("receipt_refused")) << method;
  }
  for (const int other : {302, 999}) {
    status = other;
    EXPECT_THAT(ask("POST"), HasSubstr("receipt_refused")) << other;
  }
  status = 400;  // An error has none.
  EXPECT_THAT(ask("POST"), HasSubstr("the canary"));
}

TEST_F(ReceiptsTest, AnAnswerThatIsTooLongToHoldIsNot) {
  options_.limits.max_answer_bytes = 1000;
  service_.answer = [](const AciRequest&) {
    return AciAnswer{.body = std::string(1001, 'a'), .chunked = true};
  };
  Connect(service_);
  EXPECT_THAT(Ask().body, HasSubstr("service_unusable"));
}

TEST_F(ConnectTest, AServiceThatIsNotThereIsSaidToBe) {
  {
    const AciService service(honest_);
    Connect(service);
  }
  const HttpAnswer answer = Ask();
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("service_unavailable"));
  EXPECT_THAT(answer.head, HasSubstr("Retry-After"));
  EXPECT_TRUE(absl::IsUnavailable(connector_->Verify().status()));
}

TEST_F(ConnectTest, ListensOnLoopbackOnlyUnlessToldOtherwise) {
  options_.listen = "0.0.0.0:0";
  auto connector = Connector::Create(options_).value();
  EXPECT_TRUE(absl::IsInvalidArgument(connector->Listen()));
  options_.any_listen_address = true;
  connector = Connector::Create(options_).value();
  EXPECT_EQ(connector->Listen(), absl::OkStatus());
}

TEST_F(ConnectTest, ManyClientsAtOnceShareOneReport) {
  AciService service(honest_);
  Connect(service);
  std::vector<std::thread> threads;
  std::atomic<int> served = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { served += Ask().status == 200 ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 8);
  EXPECT_EQ(service.reports(), 1);
}

TEST_F(ConnectTest, DrainingAnswersWhatWasAsked) {
  AciService service(honest_);
  Connect(service);
  HttpClient client(connector_->port());
  EXPECT_EQ(client.Post("/v1/completions", kPrompt).status, 200);
  connector_->Drain(std::chrono::seconds(30));
  EXPECT_EQ(client.Post("/v1/completions", kPrompt).status, 0);
}

TEST_F(ConnectTest, DrainingWaitsForNoVerification) {
  std::promise<void> asked, go_on;
  AciService service(honest_);
  service.report = [&](const std::string& nonce) {
    asked.set_value();
    go_on.get_future().wait();
    return honest_->Report(nonce);
  };
  Connect(service);
  std::thread client([port = connector_->port()] {
    EXPECT_EQ(HttpClient(port).Post("/v1/completions", kPrompt).status, 0);
  });
  asked.get_future().wait();
  const auto before = std::chrono::steady_clock::now();
  connector_->Drain(seconds(20));
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(10));
  connector_.reset();
  go_on.set_value();
  client.join();
  EXPECT_THAT(service.prompts(), IsEmpty());
}

}  // namespace
}  // namespace sotto
