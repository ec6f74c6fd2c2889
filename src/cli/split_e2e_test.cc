// `sotto prefill --split` against real `sotto-accelerator` processes, on the shipped model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/split_e2e_test_util.h"
#include "testing/accelerator_process.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Whatever the server's own setting is: f32 is what the client asked for.
TEST_F(SplitTest, PlainIsCloseToLocal) {
  const AcceleratorProcess server({"--precision", "fastest"});
  const std::vector<float> local = Logits("local", {"--precision", "f32"});
  const std::vector<float> split = Logits("split", {"--split", "--accelerator", server.address(),
                                                    "--protection", "plain", "--precision", "f32"});
  ASSERT_EQ(split.size(), local.size());
  // f32 both ways: only the order of sums differs.
  for (size_t i = 0; i < local.size(); ++i) ASSERT_NEAR(split[i], local[i], 1e-3) << i;
  const json detail = Detail("split");
  EXPECT_EQ(detail["protection"], "plain");
  EXPECT_EQ(Result("split")["confidential"]["from_accelerators"], false);
  EXPECT_EQ(detail["accelerators"][0]["endpoint"], server.address());
  EXPECT_EQ(detail["accelerators"][0]["operands"], "f32");
  EXPECT_GT(detail["exchanges"], 0);
}

TEST_F(SplitTest, MoreCanBeOffloadedInPlainOnly) {
  const AcceleratorProcess server;
  const std::vector<float> local = Logits("local", {"--precision", "f32"});
  const std::vector<float> split =
      Logits("split", {"--split", "--accelerator", server.address(), "--protection", "plain",
                       "--precision", "f32", "--offload", "linear,embedding,attention"});
  ASSERT_EQ(split.size(), local.size());
  for (size_t i = 0; i < local.size(); ++i) ASSERT_NEAR(split[i], local[i], 1e-3) << i;
  EXPECT_EQ(Detail("split")["offload"], json({"linear", "embedding", "attention"}));
}

TEST_F(SplitTest, OffloadSetsThatWouldShowThePromptAreRefused) {
  ExpectRefusal({"--split", "--protection", "pads", "--offload", "linear,embedding"}, 2,
                "only protection plain allows it");
  ExpectRefusal({"--split", "--protection", "plain", "--verify", "--offload", "linear,attention"},
                2, "verified");
  ExpectRefusal({"--split", "--protection", "plain", "--offload", "embedding"}, 2, "--offload");
  ExpectRefusal({"--split", "--protection", "plain", "--offload", "linear,x"}, 2, "--offload");
  ExpectRefusal({"--split", "--protection", "plain", "--offload", "linear,embedding",
                 "--oblivious-embedding"},
                2, "--oblivious-embedding");
}

TEST_F(SplitTest, SharesAreLocalFixedToTheBit) {
  const AcceleratorProcess b;
  const AcceleratorProcess a({"--relay-to", b.address()});
  const std::vector<float> local = Logits("local", {"--precision", "fixed"});
  const std::vector<float> split =
      Logits("split", {"--split", "--accelerator", a.address(), "--accelerator", b.address(),
                       "--insecure-channels"});
  EXPECT_EQ(split, local);
  const json detail = Detail("split");
  EXPECT_EQ(detail["accelerators"][0]["operands"], "ring32");
  EXPECT_EQ(detail["protection"], "shares");
  EXPECT_EQ(detail["verified"], true);
  EXPECT_EQ(Result("split")["confidential"]["from_accelerators"],
            false);  // By --insecure-channels.
  EXPECT_EQ(detail["relay"], true);
}

// One server, two sessions: each is multiplied by the weights that its client greeted for.
TEST_F(SplitTest, BothWidthsOfWeightsAreLocalFixedToTheBit) {
  const AcceleratorProcess server;
  std::vector<std::vector<float>> widths;
  for (const char* bits : {"12", "8"}) {
    widths.push_back(Logits("local", {"--precision", "fixed", "--fixed-weights", bits}));
    EXPECT_EQ(
        Logits("split", {"--split", "--accelerator", server.address(), "--fixed-weights", bits}),
        widths.back());
    EXPECT_EQ(Result("split")["fixed_weights"], std::stoi(bits));
  }
  EXPECT_NE(widths[0], widths[1]);
}

// However fast the pass is: the pads it takes are there before it begins.
TEST_F(SplitTest, PadsOfTheFirstPassDoNotRunOut) {
  const AcceleratorProcess server;
  const std::vector<float> local = Logits("local", {"--precision", "fixed"});
  const std::vector<float> split = Logits("split", {"--split", "--accelerator", server.address(),
                                                    "--protection", "pads", "--when-out", "fail"});
  EXPECT_EQ(split, local);
}

// 9, 12 and 16 prompts of other lengths are two batches of 8.
TEST_F(SplitTest, TrafficTellsNeitherLengthsNorTheNumberOfPromptsInTheLastBatch) {
  const AcceleratorProcess server;
  for (const char* logits : {"all", "last"}) {
    std::vector<json> counts;
    for (const size_t prompts : {9, 12, 16}) {
      std::string lines;
      for (size_t i = 0; i < prompts; ++i) {
        lines += json{{"ids", std::vector<int>(1 + (i * prompts) % 12, 100)}}.dump() + "\n";
      }
      dir_.Write("p.jsonl", lines);
      const ProgramResult run =
          Sotto({"--prompts", "p.jsonl", "--batch-size", "8", "--prefill-length", "12", "--logits",
                 logits, "--output", "r.json", "--split", "--accelerator", server.address(),
                 "--protection", "plain", "--verify"});
      ASSERT_EQ(run.exit_code, 0) << run.err;
      const json detail = Detail("r"), accelerator = detail["accelerators"][0];
      counts.push_back({detail["exchanges"], detail["bytes_sent_per_token"],
                        accelerator["bytes_sent"], accelerator["bytes_received"]});
    }
    EXPECT_EQ(counts[0], counts[2]);
    EXPECT_EQ(counts[1], counts[2]);
  }
}

TEST_F(SplitTest, RelaysWhereServersReachEachOtherUnlessTold) {
  const AcceleratorProcess b;
  const AcceleratorProcess a({"--relay-to", b.address(), "--relay-to", "localhost:1"});
  const std::vector<std::string> shares = {"--split",       "--accelerator", a.address(),
                                           "--accelerator", b.address(),     "--insecure-channels"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), shares.begin(), shares.end());
    return more;
  };
  const std::vector<float> local = Logits("local", {"--precision", "fixed"});
  EXPECT_EQ(Logits("never", with({"--no-relay"})), local);
  EXPECT_EQ(Detail("never")["relay"], false);
  EXPECT_FALSE(Detail("never").contains("why_no_relay"));
  EXPECT_EQ(Logits("relayed", with({"--relay"})), local);
  EXPECT_EQ(Detail("relayed")["relay"], true);
  EXPECT_EQ(Logits("alone", with({"--relay-peer", "localhost:1"})), local);
  EXPECT_EQ(Detail("alone")["relay"], false);
  EXPECT_THAT(std::string(Detail("alone")["why_no_relay"]), HasSubstr("localhost:1"));
}

TEST_F(SplitTest, ARelayThatIsRequiredAndCannotBeIsRefused) {
  const AcceleratorProcess a, b;
  ExpectRefusal({"--split", "--accelerator", a.address(), "--accelerator", b.address(),
                 "--insecure-channels", "--relay", "--relay-peer", "localhost:1"},
                1, "localhost:1");
  ExpectRefusal({"--split", "--accelerator", a.address(), "--relay"}, 2, "relay");
}

TEST_F(SplitTest, SetUpsThatCannotKeepTheirPromiseAreRefused) {
  const AcceleratorProcess a, b;
  ExpectRefusal({"--split", "--accelerator", a.address(), "--accelerator", b.address()}, 2, "TLS");
  ExpectRefusal({"--split", "--accelerator", a.address(), "--accelerator", a.address(),
                 "--insecure-channels"},
                2, "same");
}

TEST_F(SplitTest, AnAbsentServerIsNamed) {
  ExpectRefusal({"--split", "--accelerator", "localhost:1", "--protection", "plain"}, 1,
                "localhost:1");
}

TEST_F(SplitTest, BadFlagsAreRefused) {
  ExpectRefusal({"--protection", "plain"}, 2, "--protection: requires --split");
  ExpectRefusal({"--split", "--protection", "rot13"}, 2, "--protection");
  ExpectRefusal({"--split", "--accelerator", "nowhere"}, 2, "--accelerator");
  ExpectRefusal({"--split", "--precision", "int8", "--protection", "plain"}, 2, "--precision");
  ExpectRefusal({"--split", "--precision", "f32"}, 2, "--precision");
  ExpectRefusal({"--split", "--retries", "-1"}, 2, "--retries");
  ExpectRefusal({"--split", "--relay", "--no-relay"}, 2, "--no-relay");
  ExpectRefusal({"--split", "--relay-peer", "nowhere"}, 2, "--relay-peer");
  ExpectRefusal({"--split", "--accelerator-key", "abc"}, 2, "--accelerator-key");
  ExpectRefusal({"--split", "--tls-cert", "x"}, 2, "--tls-cert");
  ExpectRefusal({"--weights-sha256", "12"}, 2, "--weights-sha256");
}

TEST_F(SplitTest, OtherWeightsThanThePinnedAreRefused) {
  ExpectRefusal({"--weights-sha256", std::string(64, 'a')}, 1, "SHA-256");
}

}  // namespace
}  // namespace sotto
