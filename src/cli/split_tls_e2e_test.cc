// What goes wrong between a client and a server over TLS: each in a sentence of its own on both
// sides, and nothing of gRPC's or OpenSSL's own words.
#include <sstream>

#include "base/strings.h"
#include "cli/split_e2e_test_util.h"
#include "protocol/peer_certificate.h"
#include "testing/accelerator_process.h"
#include "testing/test_certificate.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::Not;

class TlsMismatchTest : public SplitTest {
 protected:
  struct Files {
    std::string certificate, key;
  };
  Files Write(const std::string& name, const TestCertificate& made) {
    return {keys_.Write(name + ".pem", made.certificate), keys_.Write(name + ".key", made.key)};
  }
  static Arguments Serve(const Files& files) {
    return {"--tls-cert", files.certificate, "--tls-key", files.key};
  }
  // A server and its log, while it lives and after.
  void Start(const Arguments& arguments) {
    testing::internal::CaptureStderr();
    server_.emplace(arguments + Arguments{"--log-level", "warning"});
    ASSERT_NE(server_->address(), "");
  }
  std::string EndAndLog() {
    server_->Signal(SIGTERM);
    server_.reset();
    return testing::internal::GetCapturedStderr();
  }
  // The client's one sentence.
  void ExpectClientSays(const Arguments& arguments, const std::string& sentence) {
    const ProgramResult run = Sotto(Arguments{"--split", "--accelerator", server_->address(),
                                              "--protection", "plain", "--retries", "3"} +
                                    arguments);
    EXPECT_EQ(run.exit_code, 1) << run.err;
    EXPECT_THAT(run.err, HasSubstr(sentence));
    EXPECT_THAT(run.err, Not(HasSubstr("retrying")));
    std::istringstream lines(run.err);
    for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with("sotto: "));
    EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
  }
  // Every line of the server's log is an event, and one has `reason`, and whose it is.
  void ExpectServerSays(const std::string& reason) {
    int said = 0;
    const std::string log = EndAndLog();
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
      ASSERT_FALSE(event.is_discarded()) << line;
      if (event.value("reason", "") != reason) continue;
      EXPECT_EQ(event.value("peer", ""), "localhost");
      ++said;
    }
    EXPECT_EQ(said, 1) << reason << " in " << log;
  }

  TempDir keys_;
  std::optional<AcceleratorProcess> server_;
  const TestCertificate own_ = TestCertificate::Make(), other_ = TestCertificate::Make();
};

TEST_F(TlsMismatchTest, AClientWithoutTls) {
  Start(Serve(Write("own", own_)));
  ExpectClientSays({}, "the server speaks TLS");
  ExpectServerSays("no_tls");
}

TEST_F(TlsMismatchTest, AServerWithoutTls) {
  Start({});
  ExpectClientSays({"--accelerator-ca", Write("own", own_).certificate},
                   "the server does not speak TLS");
  ExpectServerSays("server_without_tls");
}

TEST_F(TlsMismatchTest, AClientWithoutACertificate) {
  const Files own = Write("own", own_);
  Start(Serve(own) + Arguments{"--client-ca", Write("other", other_).certificate});
  ExpectClientSays({"--accelerator-ca", own.certificate},
                   "requires a client certificate, and none was given (--tls-cert and --tls-key)");
  ExpectServerSays("no_certificate");
}

TEST_F(TlsMismatchTest, AClientWithAnothersCertificate) {
  const Files own = Write("own", own_), other = Write("other", other_);
  Start(Serve(own) + Arguments{"--client-ca", own.certificate});
  ExpectClientSays({"--accelerator-ca", own.certificate, "--tls-cert", other.certificate,
                    "--tls-key", other.key},
                   "does not accept the client certificate (--tls-cert)");
  ExpectServerSays("wrong_certificate");
}

TEST_F(TlsMismatchTest, AServerWithAnotherCertificate) {
  Start(Serve(Write("own", own_)));
  ExpectClientSays({"--accelerator-ca", Write("other", other_).certificate},
                   "the server's certificate was not signed by any of the given authorities");
  ExpectServerSays("server_refused");
}

TEST_F(TlsMismatchTest, AServerWithAnotherKey) {
  Start(Serve(Write("own", own_)));
  const std::string pin = *KeyFingerprint(other_.certificate);
  ExpectClientSays({"--accelerator-key", pin}, "the server's key is not the pinned one: SHA-256 " +
                                                   *KeyFingerprint(own_.certificate) +
                                                   ", expected " + pin);
  ExpectServerSays("server_refused");
}

TEST_F(TlsMismatchTest, AServerOfAnotherName) {
  const Files own = Write("own", TestCertificate::Make({.host = "elsewhere.example"}));
  Start(Serve(own));
  ExpectClientSays({"--accelerator-ca", own.certificate},
                   "the server's certificate is not valid for the name localhost");
  EndAndLog();
}

TEST_F(TlsMismatchTest, AServerWhoseCertificateHasExpired) {
  const Files own = Write("own", TestCertificate::Make({.seconds_from_now = -60}));
  Start(Serve(own));
  ExpectClientSays({"--accelerator-ca", own.certificate}, "has expired");
  EXPECT_THAT(EndAndLog(), HasSubstr("the certificate expired on "));
}

// Before anything is dialled.
TEST_F(TlsMismatchTest, FilesThatCannotServeAreRefusedByName) {
  const Files own = Write("own", own_), other = Write("other", other_);
  const Files expired = Write("old", TestCertificate::Make({.seconds_from_now = -60}));
  struct Case {
    Arguments flags;
    std::string sentence;
  };
  const Arguments trust = {"--accelerator-ca", own.certificate};
  for (const Case& c :
       {Case{{"--accelerator-ca", own.key}, own.key + ": contains no PEM certificate"},
        Case{trust + Serve({own.key, own.key}), own.key + ": contains no PEM certificate"},
        Case{trust + Serve({own.certificate, own.certificate}), "contains no PEM private key"},
        Case{trust + Serve({own.certificate, other.key}), "is not the key of this certificate"},
        Case{trust + Serve(expired), "expired on "}}) {
    ExpectRefusal(Arguments{"--split"} + c.flags, 2, c.sentence);
  }
  for (const Case& c :
       {Case{Serve({own.key, own.key}), "--tls-cert " + own.key + ": contains no PEM certificate"},
        Case{Serve({own.certificate, own.certificate}), "contains no PEM private key"},
        Case{Serve({own.certificate, other.key}), "is not the key of this certificate"},
        Case{Serve(own) + Arguments{"--client-ca", own.key},
             "--client-ca " + own.key + ": contains no PEM certificate"}}) {
    const ProgramResult run = RunProgram(
        "sotto-accelerator", Arguments{"--model", "none", "--listen", "localhost:0"} + c.flags);
    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr(c.sentence));
  }
}

TEST_F(TlsMismatchTest, AnAddressThatCannotBeHadIsSaidWithTheReason) {
  Start({});
  const std::string taken = server_->address();
  struct Case {
    std::string listen, reason;
  };
  for (const Case& c : {Case{taken, "Address already in use"},
                        Case{"203.0.113.7:50051", "Cannot assign requested address"},
                        Case{"unix:" + keys_.path() + "/none/s", "No such file or directory"},
                        Case{"no-such-host.invalid:1", "not known"}}) {
    const AcceleratorProcess other({"--listen", c.listen});
    EXPECT_EQ(other.address(), "");
  }
  const std::string log = EndAndLog();
  EXPECT_THAT(log, HasSubstr("--listen: cannot listen on " + taken + ": Address already in use"));
  EXPECT_THAT(log, HasSubstr(": Cannot assign requested address"));
  EXPECT_THAT(log, HasSubstr("/none/s: No such file or directory"));
  EXPECT_THAT(log, HasSubstr("cannot listen on no-such-host.invalid:1: "));
  EXPECT_THAT(log, Not(HasSubstr("chttp2")));
}

}  // namespace
}  // namespace sotto
