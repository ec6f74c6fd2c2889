// Whom a server dials for clients with and without a certificate.
#include <poll.h>

#include "accelerator/listen_sockets.h"
#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"

namespace sotto {
namespace {

// A server, behind TLS or not, that asks for certificates of `clients`, if there are any.
HonestServer StartSource(const TestCertificate* own, const std::string& clients) {
  return HonestServer::Start(ShippedModelDir(), [&](ServerOptions& o) {
    if (own != nullptr) o.tls = ServerTls{own->certificate, own->key, clients};
  });
}

// A client's word that it is to relay to `target`.
SessionOptions AskedToDial(const HonestServer& source, const std::string& target) {
  SessionOptions options = source.ClientOptions(NumberFormat::kRing32);
  options.relay = RelayRole{.target = target};
  return options;
}

TEST(RelayDiallingTest, AVerifiedClientsWordIsNotEnoughForThisHost) {
  SetLogLevel(LogLevel::kError);
  const TestCertificate own = TestCertificate::Make(), client = TestCertificate::Make();
  const HonestServer source = StartSource(&own, client.certificate);
  const auto trap = *ListenSockets::Open("--trap", "127.0.0.1:0");
  SessionOptions options = AskedToDial(source, trap->address());
  options.tls = TlsOptions{.root_certificates = own.certificate,
                           .certificate_chain = client.certificate,
                           .private_key = client.key};
  const auto session = ValueOrDie(Session::Open(source.endpoint(), options));
  EXPECT_FALSE(session->server().relays);
  pollfd polled{.fd = trap->fds().front().get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&polled, 1, /*timeout=*/0), 0) << "somebody has connected";
}

// Whoever shows no certificate is a stranger, behind TLS too: not even the kind of address counts.
// Only the log can tell.
TEST(RelayDiallingTest, WithoutACertificateNoTargetIsLookedUp) {
  SetLogLevel(LogLevel::kWarning);
  const TestCertificate own = TestCertificate::Make();
  for (const bool tls : {false, true}) {
    const HonestServer source = StartSource(tls ? &own : nullptr, /*clients=*/"");
    SessionOptions options = AskedToDial(source, "localhost:1");
    if (tls) options.tls = TlsOptions{.root_certificates = own.certificate};
    testing::internal::CaptureStderr();
    const auto session = Session::Open(source.endpoint(), options);
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(session.ok()) << session.status();
    EXPECT_THAT(log, testing::HasSubstr("not one of this server's relay targets"));
  }
}

}  // namespace
}  // namespace sotto
