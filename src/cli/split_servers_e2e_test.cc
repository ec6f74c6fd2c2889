// `sotto prefill --split` against servers of every kind: other devices, TLS.
#include "cli/split_e2e_test_util.h"
#include "protocol/peer_certificate.h"
#include "testing/accelerator_process.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::Not;

class DevicesTest : public SplitTest {
 protected:
  void ExpectEqualsLocal(const AcceleratorProcess& server) {
    ASSERT_NE(server.address(), "");
    const Arguments split = {"--split", "--accelerator", server.address(), "--protection", "plain"};
    const std::vector<float> local = Logits("local", {"--precision", "f32"});
    for (const char* data_plane : {"shm", "grpc"}) {
      const std::vector<float> got =
          Logits("split", split + Arguments{"--precision", "f32", "--data-plane", data_plane});
      ASSERT_EQ(got.size(), local.size());
      // f32 both ways: only the order of sums differs.
      for (size_t i = 0; i < local.size(); ++i) ASSERT_NEAR(got[i], local[i], 1e-3) << i;
      EXPECT_EQ(Detail("split")["accelerators"][0]["data_plane"], data_plane);
    }
    EXPECT_EQ(Logits("verified", split + Arguments{"--verify"}),
              Logits("fixed", {"--precision", "fixed"}));
  }
};

TEST_F(DevicesTest, Cpu) {
  const AcceleratorProcess server({"--device", "cpu", "--precision", "f32"});
  ExpectEqualsLocal(server);
}

TEST_F(DevicesTest, OpenCl) {
  if (!std::filesystem::exists("/etc/OpenCL/vendors/pocl.icd")) {
    GTEST_SKIP() << "no OpenCL device: install pocl-opencl-icd";
  }
  const AcceleratorProcess server({"--device", "opencl:0", "--precision", "f32"});
  ExpectEqualsLocal(server);
}

TEST_F(DevicesTest, TwoOpenClDevices) {
  if (!std::filesystem::exists("/etc/OpenCL/vendors/pocl.icd")) {
    GTEST_SKIP() << "no OpenCL device: install pocl-opencl-icd";
  }
  const AcceleratorProcess server(
      {"--device", "opencl:0", "--device", "opencl:1", "--precision", "f32"},
      {{"POCL_DEVICES", "pthread pthread"}});
  ExpectEqualsLocal(server);
  const std::string devices = Detail("split")["accelerators"][0]["devices"].dump();
  EXPECT_THAT(devices, HasSubstr("opencl:0"));
  EXPECT_THAT(devices, HasSubstr("opencl:1"));
}

// As sotto's: one line, with what to do, and 2 for a command line that cannot be understood.
TEST(AcceleratorProgramTest, SaysWhatIsWrongAsSottoDoes) {
  struct Case {
    Arguments arguments;
    int exit_code;
    std::string says;
  };
  const std::string model = ShippedModelDir(), file = model + "/config.json";
  for (const Case& c :
       {Case{{"--modle", model},
             2,
             "unknown flag \"--modle\"; did you mean --model? (see sotto-accelerator --help)"},
        Case{{"--model", model, "--device", "gpu"}, 2, "kinds in this build: cpu opencl"},
        Case{{"--model", model, "--device", "cpu:7"}, 1, "was not found; devices found: cpu"},
        Case{{"--model", model, "--listen", "x"}, 2, "--listen: "},
        Case{{"--model", file}, 1, file + ": is a file; expected a directory"},
        Case{{"--model", "/none"}, 1, "/none: no such model directory"}}) {
    const ProgramResult run = RunProgram("sotto-accelerator", c.arguments);
    EXPECT_EQ(run.exit_code, c.exit_code) << run.err;
    EXPECT_TRUE(run.err.starts_with("sotto-accelerator: error: ")) << run.err;
    EXPECT_THAT(run.err, HasSubstr(c.says));
    EXPECT_EQ(run.err.find('\n'), run.err.size() - 1) << run.err;
  }
}

// A server of another model than the client's: how the user finds out which is wrong.
TEST_F(SplitTest, OtherWeightsComeWithAdvice) {
  ASSERT_EQ(RunProgram("sotto", {"model", "random", "--like", ShippedModelDir(), "--out",
                                 dir_.File("other"), "--seed", "1"})
                .exit_code,
            0);
  const AcceleratorProcess server({"--model", dir_.File("other")});
  const ProgramResult run = Sotto(
      {"--split", "--accelerator", server.address(), "--protection", "plain", "--prompt", "x"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("the server serves different weights: SHA-256 "));
  EXPECT_THAT(run.err, HasSubstr("; compare with \"sotto model inspect\""));
}

// A server's model is read when a session asks for a format; a file that was cut short by then
// ends that session and not the server.
TEST_F(DevicesTest, AModelFileCutShortEndsTheSessionAlone) {
  const TempDir model;
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::filesystem::copy(ShippedModelDir() + "/" + name, model.File(name));
  }
  AcceleratorProcess server({"--model", model.path(), "--no-preload"});
  std::filesystem::resize_file(model.File("model.safetensors"), 100'000);
  const Arguments split = {"--split",
                           "--accelerator",
                           server.address(),
                           "--protection",
                           "plain",
                           "--retries",
                           "0",
                           "--precision",
                           "f32"};
  ExpectRefusal(split, 1, "cut short while it was in use");
  ExpectRefusal(split, 1, "cut short while it was in use");
  EXPECT_EQ(server.Signal(SIGTERM), 0);
}

class TlsTest : public SplitTest {
 protected:
  // The certificate's files; outside the client's directory, which must stay empty on failure.
  struct Files {
    std::string certificate, key, fingerprint;
  };
  Files MakeCertificate(const std::string& name) {
    const TestCertificate made = TestCertificate::Make();
    return {keys_.Write(name + ".pem", made.certificate), keys_.Write(name + ".key", made.key),
            *KeyFingerprint(made.certificate)};
  }
  static Arguments ServerFlags(const Files& files) {
    return {"--tls-cert", files.certificate, "--tls-key", files.key, "--precision", "f32"};
  }
  static Arguments Plain(const AcceleratorProcess& server) {
    return {"--split", "--accelerator", server.address(), "--protection", "plain", "--precision",
            "f32"};
  }

  TempDir keys_;
};

TEST_F(TlsTest, TheAuthorityOrTheKeyIsEnough) {
  const Files own = MakeCertificate("server");
  const AcceleratorProcess server(ServerFlags(own));
  const std::vector<float> local = Logits("local", {"--precision", "f32"});
  for (const Arguments& trust : {Arguments{"--accelerator-ca", own.certificate},
                                 Arguments{"--accelerator-key", own.fingerprint}}) {
    const std::vector<float> split = Logits("split", Plain(server) + trust);
    ASSERT_EQ(split.size(), local.size());
    for (size_t i = 0; i < local.size(); ++i) ASSERT_NEAR(split[i], local[i], 1e-3) << i;
    EXPECT_EQ(Detail("split")["accelerators"][0]["tls_key_sha256"], own.fingerprint);
    EXPECT_EQ(Detail("split")["accelerators"][0]["data_plane"], "grpc");
  }
}

// Told apart from a server that is not there: no amount of trying again would help.
TEST_F(TlsTest, AnotherServerThanTheOneTrustedIsRefusedAtOnce) {
  const Files own = MakeCertificate("server"), other = MakeCertificate("other");
  const AcceleratorProcess server(ServerFlags(own));
  for (const Arguments& trust : {Arguments{"--accelerator-ca", other.certificate},
                                 Arguments{"--accelerator-key", other.fingerprint}}) {
    const ProgramResult run =
        Sotto(Plain(server) + trust + Arguments{"--retries", "5", "--output", "x.json"});
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_THAT(run.err, HasSubstr(server.address()));
    EXPECT_THAT(run.err, testing::AnyOf(HasSubstr("not the pinned one"),
                                        HasSubstr("the server's certificate was not signed by ")));
    EXPECT_THAT(run.err, Not(HasSubstr("retrying")));
    EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
  }
}

TEST_F(TlsTest, MutualTlsWantsTheClientsCertificate) {
  const Files own = MakeCertificate("server"), client = MakeCertificate("client");
  const AcceleratorProcess server(ServerFlags(own) + Arguments{"--client-ca", client.certificate});
  const Arguments trust = {"--accelerator-ca", own.certificate};
  ExpectRefusal(Plain(server) + trust, 1, server.address());
  const Files stranger = MakeCertificate("stranger");
  ExpectRefusal(Plain(server) + trust +
                    Arguments{"--tls-cert", stranger.certificate, "--tls-key", stranger.key},
                1, server.address());
  EXPECT_FALSE(
      Logits("split", Plain(server) + trust +
                          Arguments{"--tls-cert", client.certificate, "--tls-key", client.key})
          .empty());
}

TEST_F(TlsTest, SharesOverTlsToTwoPinnedServersAreConfidential) {
  const Files one = MakeCertificate("one"), two = MakeCertificate("two");
  const AcceleratorProcess a(ServerFlags(one)), b(ServerFlags(two));
  const Arguments split = {"--split", "--accelerator", a.address(), "--accelerator", b.address()};
  EXPECT_EQ(Logits("split", split + Arguments{"--accelerator-key", one.fingerprint,
                                              "--accelerator-key", two.fingerprint}),
            Logits("local", {"--precision", "fixed"}));
  const nlohmann::json confidential = Result("split")["confidential"];
  EXPECT_EQ(confidential["from_accelerators"], true);
  // But this machine is as open as ever.
  EXPECT_EQ(confidential["from_host"], Result("split")["tee"]["protects_from_host"]);
}

// It costs traffic, and its reason is the servers' to mend: said in full.
TEST_F(TlsTest, ARelayThatFallsAwayIsSaid) {
  const Files one = MakeCertificate("one"), two = MakeCertificate("two");
  const AcceleratorProcess a(ServerFlags(one)), b(ServerFlags(two) + Arguments{"--no-relay"});
  const ProgramResult run =
      Sotto({"--split", "--accelerator", a.address(), "--accelerator", b.address(),
             "--accelerator-key", one.fingerprint, "--accelerator-key", two.fingerprint});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("no relay, so twice as much is received: " + b.address()));
  EXPECT_THAT(run.err, HasSubstr("relays are disabled on this server"));
}

TEST_F(TlsTest, OneKeyBehindTwoEndpointsIsRefused) {
  const Files own = MakeCertificate("server");
  const AcceleratorProcess a(ServerFlags(own)), b(ServerFlags(own));
  ExpectRefusal({"--split", "--accelerator", a.address(), "--accelerator", b.address(),
                 "--accelerator-key", own.fingerprint, "--accelerator-key", own.fingerprint},
                1, "the same server");
}

// A certificate that its server's operator could sign others with: each operator could pass for
// the other, so that a network that sends both connections to one of them would give it all.
TEST_F(TlsTest, SharesAreRefusedWhereOneOperatorCouldPassForTheOther) {
  const TestCertificate own_a = TestCertificate::Make({.basic_constraints = "critical,CA:TRUE"}),
                        own_b = TestCertificate::Make({.basic_constraints = "critical,CA:TRUE"}),
                        forged = TestCertificate::Make({.authority = &own_a});
  const std::string ca_a = keys_.Write("a.pem", own_a.certificate),
                    ca_b = keys_.Write("b.pem", own_b.certificate),
                    both = keys_.Write("both.pem", own_a.certificate + own_b.certificate);
  const AcceleratorProcess a({"--tls-cert", ca_a, "--tls-key", keys_.Write("a.key", own_a.key)});
  const AcceleratorProcess passes_for_b({"--tls-cert",
                                         keys_.Write("forged.pem", forged.certificate), "--tls-key",
                                         keys_.Write("forged.key", forged.key)});
  const Arguments split = {"--split", "--accelerator", a.address(), "--accelerator",
                           passes_for_b.address()};
  ExpectRefusal(split + Arguments{"--accelerator-ca", both}, 2, "one for each");
  ExpectRefusal(split + Arguments{"--accelerator-ca", both, "--accelerator-ca", both}, 1,
                "could impersonate both");
  ExpectRefusal(split + Arguments{"--accelerator-ca", ca_a, "--accelerator-ca", ca_b}, 1,
                passes_for_b.address());
  ExpectRefusal(split + Arguments{"--accelerator-key", *KeyFingerprint(own_a.certificate),
                                  "--accelerator-key", *KeyFingerprint(own_b.certificate)},
                1, "not the pinned one");
}

}  // namespace
}  // namespace sotto
