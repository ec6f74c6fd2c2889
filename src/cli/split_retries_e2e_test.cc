// `sotto prefill --split --retries` against servers that come late or die.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

#include "base/check.h"
#include "base/strings.h"
#include "cli/split_e2e_test_util.h"
#include "testing/accelerator_process.h"
#include "testing/test_certificate.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

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
  static constexpr size_t kPrompts = 40;  // A second's work, many times what AwaitWork() waits for.

  Arguments Work(const std::string& name, size_t count = kPrompts) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += StrCat("{\"prompt\": \"Verse ", i, "\"}\n");
    const std::string prompts = dir_.Write("prompts.jsonl", text);
    return {"--prompts",     prompts,         "--prefill-length", "128",
            "--pad-compute", "--save-logits", name + ".npy",      "--logits",
            "last",          "--output",      name + ".json"};
  }
  Arguments Split(const std::string& retries) {
    return {"--split", "--accelerator", address_,    "--protection",
            "plain",   "--verify",      "--retries", retries};
  }
  void Start(std::optional<AcceleratorProcess>& server, const Arguments& more = {}) {
    server.emplace(Arguments{"--listen", address_, "--formats", "ring"} + more);
    EXPECT_EQ(server->address(), address_);
  }

  // Until the server has multiplied for a while, which it does once its weights are loaded (some 50
  // ms of processor time); some seconds at most.
  static void AwaitWork(const AcceleratorProcess& server, uint64_t idle_ticks) {
    for (int i = 0; i < 2000 && server.CpuTicks() < idle_ticks + 20; ++i) {
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
  const ProgramResult run = Sotto(Work("split", /*count=*/4) + Split("30"));
  starter.join();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("retrying in"));
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

// It keeps its connections, and says nothing.
TEST_F(RetriesTest, AServerThatHangsIsTriedAgain) {
  std::optional<AcceleratorProcess> server;
  Start(server);
  const uint64_t idle = server->CpuTicks();
  std::thread hanger([&] {
    AwaitWork(*server, idle);
    server->Send(SIGSTOP);
    std::this_thread::sleep_for(milliseconds(8000));  // Well beyond the client's patience.
    server->Send(SIGCONT);
  });
  const ProgramResult run = Sotto(Work("split") + Split("30") + Arguments{"--timeout", "2"});
  hanger.join();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr(" in time; retrying in "));
  EXPECT_THAT(run.err, HasSubstr("(attempt 1 of 30)"));
}

// The network may send the second connection elsewhere: what the same authority vouches for is not
// the same server.
TEST_F(RetriesTest, ASuccessorWithAnotherKeyIsRefused) {
  TempDir keys;
  const TestCertificate root = TestCertificate::Make({.basic_constraints = "critical,CA:TRUE"});
  const std::string ca = keys.Write("root.pem", root.certificate);
  const auto tls = [&](const std::string& name) {
    const TestCertificate own = TestCertificate::Make({.authority = &root});
    return Arguments{"--tls-cert", keys.Write(name + ".pem", own.certificate), "--tls-key",
                     keys.Write(name + ".key", own.key)};
  };
  std::optional<AcceleratorProcess> server;
  Start(server, tls("first"));
  const uint64_t idle = server->CpuTicks();
  std::thread killer([&] {
    AwaitWork(*server, idle);
    Start(server, tls("second"));
  });
  const ProgramResult run = Sotto(Work("split") + Split("30") + Arguments{"--accelerator-ca", ca});
  killer.join();
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("not the one that it showed at the first connection: SHA-256 "));
  EXPECT_FALSE(std::filesystem::exists(dir_.File("split.json")));
}

// Not a connection that broke, which is what one looks for in the network.
TEST_F(RetriesTest, AServerThatIsStoppedSaysSo) {
  TempDir logs;
  const std::string log = logs.File("log");
  AcceleratorProcess server({"--formats", "ring", "--drain-seconds", "0", "--log-level", "info"},
                            {}, std::nullopt, log);
  const uint64_t idle = server.CpuTicks();
  std::thread stopper([&] {
    AwaitWork(server, idle);
    EXPECT_EQ(server.Signal(SIGTERM), 0);
  });
  const ProgramResult run =
      Sotto(Work("split") + Arguments{"--split", "--accelerator", server.address(), "--protection",
                                      "plain", "--verify"});
  stopper.join();
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("the server says: it is shutting down"));
  EXPECT_THAT(logs.Read("log"), HasSubstr("\"status\":\"UNAVAILABLE: it is shutting down\""));
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
