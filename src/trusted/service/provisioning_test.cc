// A service that waits, over TLS: which documents are judged, what their senders are told, and what
// becomes of its sockets.
#include "trusted/service/provisioning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "base/strings.h"
#include "trusted/identity/tls_key.h"
#include "trusted/service/aci_answers.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

// Nobody asks for a quote here.
class IdleAttester : public Attester {
 public:
  IdleAttester() : Attester(TeeKind::kSgx) {}

 private:
  absl::StatusOr<std::string> MakeQuote(std::string_view) override {
    return absl::UnavailableError("no quote");
  }
};

// One request on a connection of its own.
class TlsClient {
 public:
  TlsClient(int port, const std::string& target, const std::string& body) {
    stream_.next_layer().connect({asio::ip::address_v4::loopback(), static_cast<uint16_t>(port)});
    stream_.handshake(asio::ssl::stream_base::client);
    const std::string method = body.empty() ? "GET " : "POST ";
    asio::write(stream_, asio::buffer(StrCat(method, target, " HTTP/1.1\r\nHost: localhost\r\n",
                                             "Connection: close\r\nContent-Length: ", body.size(),
                                             "\r\n\r\n", body)));
  }
  // Head and body.
  std::string Answer() {
    std::string answer;
    boost::system::error_code end;
    asio::read(stream_, asio::dynamic_buffer(answer), end);
    return answer;
  }

 private:
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  asio::ssl::stream<tcp::socket> stream_{io_, context_};
};

class ProvisioningTest : public testing::Test {
 protected:
  ProvisioningTest() {
    const TlsKey key = *TlsKey::Generate();
    const int64_t now = std::time(nullptr);
    tls_ = {.certificate_chain = *key.SelfSign({.not_before = now - 60, .not_after = now + 3600}),
            .private_key = *key.Pem()};
    identity_ = std::make_shared<const ServiceIdentity>(*ServiceIdentity::Make(
        {.not_after = now + 3600, .certificate_chain = tls_.certificate_chain}));
    ProvisioningOptions options{.http = {.listen = "127.0.0.1:0"},
                                .identity = identity_,
                                .attester = std::make_shared<IdleAttester>()};
    options.http.terms.tls = tls_;
    options.offered = [this] { offered_.set_value(); };
    service_ = *ProvisioningService::Start(std::move(options));
  }

  // Sends a document, and returns once it waits to be judged.
  std::unique_ptr<TlsClient> Offer() {
    offered_ = {};
    auto client = std::make_unique<TlsClient>(service_->port(), "/v1/aci/provision", kDocument);
    offered_.get_future().wait();
    return client;
  }
  std::string Ask(const std::string& target, const std::string& body = "") {
    return TlsClient(service_->port(), target, body).Answer();
  }

  static constexpr char kDocument[] =
      R"({"purpose":"sotto.provision.v1","api_keys":["0123456789abcdef"]})";
  HttpTls tls_;
  std::shared_ptr<const ServiceIdentity> identity_;
  std::promise<void> offered_;
  std::unique_ptr<ProvisioningService> service_;
};

TEST_F(ProvisioningTest, OneDocumentIsJudgedAtATimeAndOneIsAccepted) {
  EXPECT_FALSE(service_->Take().has_value());
  const auto first = Offer();
  EXPECT_TRUE(service_->Take()->api_keys.Admit("Bearer 0123456789abcdef"));
  EXPECT_FALSE(service_->Take().has_value());
  EXPECT_THAT(Ask("/v1/aci/provision", kDocument), StartsWith("HTTP/1.1 503 "));
  service_->Refuse(WithMember(absl::FailedPreconditionError("no key of this model"), "model_key"));
  EXPECT_THAT(first->Answer(), testing::AllOf(StartsWith("HTTP/1.1 422 "), HasSubstr("no key of"),
                                              HasSubstr("\"param\":\"model_key\"")));
  EXPECT_THAT(Ask("/health"), HasSubstr("waiting for its keys"));

  const auto second = Offer();
  ASSERT_TRUE(service_->Take().has_value());
  EXPECT_TRUE(service_->Accept(*identity_));
  EXPECT_THAT(second->Answer(),
              testing::AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(identity_->keyset().digest())));
  EXPECT_THAT(Ask("/health"), HasSubstr("loading the model"));
  EXPECT_THAT(Ask("/v1/aci/provision", kDocument), StartsWith("HTTP/1.1 409 "));
  EXPECT_THAT(Ask("/v1/completions", "{}"), StartsWith("HTTP/1.1 503 "));
}

// Whether it has left is looked at several times a second.
TEST_F(ProvisioningTest, ADocumentWhoseSenderHasLeftIsForgotten) {
  Offer().reset();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  ASSERT_TRUE(service_->Take().has_value());
  EXPECT_FALSE(service_->Accept(*identity_));
  EXPECT_THAT(Ask("/health"), HasSubstr("waiting for its keys"));
  const auto next = Offer();
  ASSERT_TRUE(service_->Take().has_value());
  EXPECT_TRUE(service_->Accept(*identity_));
}

TEST_F(ProvisioningTest, ItsSocketsAreAnotherServersThoughNobodyIsConnected) {
  const int port = service_->port();
  HttpServerOptions options{.listen = "127.0.0.1:0", .sockets = service_->HandOver()};
  service_ = nullptr;
  // Between both servers: it waits in the socket.
  auto early = std::async(std::launch::async, [port] { return TlsClient(port, "/", "").Answer(); });
  options.terms = TermsOf(tls_, identity_);
  const HttpCallbacks callbacks{
      .admit = [](const HttpHead&) { return HttpAdmission(); },
      .handle = [](const HttpRequest&, const HttpReply& reply) { reply({.body = "another"}); },
      .error = [](int status, const std::string& text,
                  std::string_view) { return HttpErrorResponse(status, text); },
      .connections = [](size_t) {}};
  const auto server = HttpServer::Start(options, callbacks);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->port(), port);
  EXPECT_THAT(early.get(), HasSubstr("another"));
  // They are gone: a third server finds none.
  EXPECT_FALSE(HttpServer::Start(options, callbacks).ok());
}

}  // namespace
}  // namespace sotto
