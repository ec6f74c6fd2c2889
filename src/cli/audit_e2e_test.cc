// `sotto audit` against real servers: plain is broken, the protections withstand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/accelerator_process.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"
#include "testing/test_certificate.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::Not;

// Words that no table of statistics has, often enough that every attack has rows to work with.
std::string Prompt() {
  std::string text;
  for (int i = 0; i < 8; ++i) {
    text += "And the zealous shepherd besought the king of Tyrus concerning his vineyard, saying ";
    text += std::to_string(i * 7) + " days shall pass before the harvest. ";
  }
  return text;
}

ProgramResult Audit(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"audit", "--prompt", Prompt()});
  return RunProgram("sotto", arguments);
}

void ExpectWithstood(const ProgramResult& run) {
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("withheld"));
  EXPECT_THAT(run.out, Not(HasSubstr("BROKEN")));
}

TEST(AuditTest, PlainIsBrokenAndThePromptCountedNotShown) {
  const AcceleratorProcess server;
  const ProgramResult run = Audit({"--accelerator", server.address(), "--protection", "plain"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("succeeded"));
  // All tokens, as a number.
  const size_t line = run.out.find("nearest embedding");
  ASSERT_NE(line, std::string::npos);
  const std::string found = run.out.substr(line, run.out.find('\n', line) - line);
  EXPECT_THAT(found, HasSubstr("BROKEN"));
  const size_t begin = run.out.find(", ") + 2;
  const std::string tokens = run.out.substr(begin, run.out.find(' ', begin) - begin);
  EXPECT_GT(std::stoi(tokens), 100);
  EXPECT_THAT(found, HasSubstr(" " + tokens + ".00 "));
  for (const char* word : {"zealous", "shepherd", "Tyrus", "vineyard"}) {
    EXPECT_THAT(run.out + run.err, Not(HasSubstr(word)));
  }
}

TEST(AuditTest, PadsWithstand) {
  const AcceleratorProcess server;
  ExpectWithstood(Audit({"--accelerator", server.address()}));
}

TEST(AuditTest, SharesWithstandWithARelayAndWithout) {
  const AcceleratorProcess b;
  const AcceleratorProcess a({"--relay-to", b.address()});
  const std::vector<std::string> shares = {"--accelerator", a.address(), "--accelerator",
                                           b.address(), "--insecure-channels"};
  const ProgramResult relayed = Audit(shares);
  ExpectWithstood(relayed);
  EXPECT_THAT(relayed.out, HasSubstr("with a relay"));
  std::vector<std::string> alone = shares;
  alone.push_back("--no-relay");
  const ProgramResult unrelayed = Audit(alone);
  ExpectWithstood(unrelayed);
  EXPECT_THAT(unrelayed.out, Not(HasSubstr("with a relay")));
}

TEST(AuditTest, SpeaksTlsToServersThatAskForACertificate) {
  const TempDir dir;
  const TestCertificate own = TestCertificate::Make(), client = TestCertificate::Make();
  const std::string ca = dir.Write("ca", own.certificate),
                    cert = dir.Write("cert", client.certificate),
                    key = dir.Write("key", client.key);
  const AcceleratorProcess server(
      {"--tls-cert", ca, "--tls-key", dir.Write("server", own.key), "--client-ca", cert});
  const std::vector<std::string> to = {"--accelerator", server.address(), "--accelerator-ca", ca};
  EXPECT_EQ(Audit(to).exit_code, 1);
  std::vector<std::string> with = to;
  with.insert(with.end(), {"--tls-cert", cert, "--tls-key", key});
  ExpectWithstood(Audit(with));
}

TEST(AuditTest, RefusesBadFlags) {
  for (const std::vector<std::string>& flags : {std::vector<std::string>{"--tls-cert", "x"},
                                                {"--tls-cert", "x", "--tls-key", "y"},
                                                {"--accelerator-key", "abc"}}) {
    std::vector<std::string> arguments = {"--accelerator", "localhost:1"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const ProgramResult run = Audit(arguments);
    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr(flags[0]));
  }
}

}  // namespace
}  // namespace sotto
