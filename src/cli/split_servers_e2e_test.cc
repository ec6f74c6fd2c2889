// `sotto prefill --split` against servers of every kind: other devices, TLS, servers that come late
// or die.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

#include "base/check.h"
#include "base/strings.h"
#include "cli/split_e2e_test_util.h"
#include "testing/accelerator_process.h"
#include "testing/test_certificate.h"
#include "wire/peer_certificate.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

using Arguments = std::vector<std::string>;

Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

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
                                        HasSubstr("the server's certificate: ")));
    EXPECT_THAT(run.err, Not(HasSubstr("trying again")));
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
  EXPECT_EQ(Detail("split")["confidential"], true);
}

TEST_F(TlsTest, OneKeyBehindTwoEndpointsIsRefused) {
  const Files own = MakeCertificate("server");
  const AcceleratorProcess a(ServerFlags(own)), b(ServerFlags(own));
  ExpectRefusal({"--split", "--accelerator", a.address(), "--accelerator", b.address(),
                 "--accelerator-ca", own.certificate},
                1, "the same server");
}

// A port that nobody listens on at the moment.
std::string FreeAddress() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  SOTTO_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  SOTTO_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return StrCat("localhost:", ntohs(address.sin_port));
}

class RetriesTest : public SplitTest {
 protected:
  static constexpr size_t kPrompts = 30;  // A second of work.

  Arguments Work(const std::string& name) {
    std::string text;
    for (size_t i = 0; i < kPrompts; ++i) text += StrCat("{\"prompt\": \"Verse ", i, "\"}\n");
    const std::string prompts = dir_.Write("prompts.jsonl", text);
    return {"--prompts",     prompts,         "--prefill-length", "128",
            "--pad-compute", "--save-logits", name + ".npy",      "--logits",
            "last",          "--output",      name + ".json"};
  }
  Arguments Split(const std::string& retries) {
    return {"--split", "--accelerator", address_,    "--protection",
            "plain",   "--verify",      "--retries", retries};
  }
  void Start(std::optional<AcceleratorProcess>& server) {
    server.emplace(Arguments{"--listen", address_, "--formats", "ring"});
    EXPECT_EQ(server->address(), address_);
  }

  // Until the server has multiplied for some 50 ms; some seconds at most.
  static void AwaitWork(const AcceleratorProcess& server, uint64_t idle_ticks) {
    for (int i = 0; i < 2000 && server.CpuTicks() < idle_ticks + 5; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
  }

  const std::string address_ = FreeAddress();
};

TEST_F(RetriesTest, AServerThatComesLateIsWaitedFor) {
  std::optional<AcceleratorProcess> server;
  std::thread starter([&] {
    std::this_thread::sleep_for(milliseconds(500));
    Start(server);
  });
  const ProgramResult run = Sotto(Work("split") + Split("30"));
  starter.join();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("trying again"));
}

// Killed when it has begun to multiply; its successor knows nothing of the session.
TEST_F(RetriesTest, ABatchThatLosesItsServerIsRepeated) {
  std::optional<AcceleratorProcess> server;
  Start(server);
  const uint64_t idle = server->CpuTicks();
  std::thread killer([&] {
    AwaitWork(*server, idle);
    Start(server);  // The one before is killed.
  });
  const ProgramResult run = Sotto(Work("split") + Split("30"));
  killer.join();
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_GE(Detail("split")["reconnections"], 1);
  const ProgramResult local = Sotto(Work("local") + Arguments{"--precision", "fixed"});
  ASSERT_EQ(local.exit_code, 0) << local.err;
  EXPECT_EQ(dir_.Read("split.npy"), dir_.Read("local.npy"));
}

TEST_F(RetriesTest, WithoutRetriesALostServerEndsTheRun) {
  std::optional<AcceleratorProcess> server;
  Start(server);
  const uint64_t idle = server->CpuTicks();
  std::thread killer([&] {
    AwaitWork(*server, idle);
    server.reset();
  });
  const ProgramResult run = Sotto(Work("split") + Split("0"));
  killer.join();
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr(address_));
  EXPECT_FALSE(std::filesystem::exists(dir_.File("split.json")));
  EXPECT_FALSE(std::filesystem::exists(dir_.File("split.npy")));
}

}  // namespace
}  // namespace sotto
