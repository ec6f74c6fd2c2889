// A prompt that stands nowhere else is sent through every mode, through failures and kills, with
// all there is to be logged; then everything that is left is searched for its text and its token
// ids: stderr, stdout, the servers' logs and metrics, and every file but those that are to hold
// them.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "testing/accelerator_process.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Arguments = std::vector<std::string>;
namespace fs = std::filesystem;

constexpr char kCanary[] = "Nebuchadnezzar whispered the canaryword unto Zerubbabel at midnight";

Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// An HTTP answer of this machine.
std::string Get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) {
      answer.append(buffer, static_cast<size_t>(n));
    }
  }
  close(fd);
  return answer;
}

class CanaryTest : public testing::Test {
 protected:
  CanaryTest() {
    dir_.Write("prompt.txt", std::string(kCanary) + "\n");
    holders_.insert("prompt.txt");
    const ProgramResult tokens =
        RunProgram("sotto", {"tokenize", "--model", ShippedModelDir(), "--bos", "always"},
                   {.input = json({{"text", kCanary}}).dump() + "\n"});
    ids_ = json::parse(tokens.out).at("ids").get<std::vector<int32_t>>();
  }

  // Whether the canary, a word of it, or four of its ids in a row are in `text`: in decimal with
  // whatever between them, or as the words of memory.
  bool Holds(const std::string& text) const {
    for (const char* word :
         {"Nebuchadnezzar", "whispered", "canaryword", "Zerubbabel", "midnight"}) {
      if (text.find(word) != std::string::npos) return true;
    }
    for (size_t i = 0; i + 4 <= ids_.size(); ++i) {
      const std::vector<int32_t> four(ids_.begin() + static_cast<ptrdiff_t>(i),
                                      ids_.begin() + static_cast<ptrdiff_t>(i) + 4);
      if (HoldsDecimal(text, four) || HoldsWords<int32_t>(text, four) ||
          HoldsWords<int64_t>(text, four)) {
        return true;
      }
    }
    return false;
  }

  // Files are those of the test's directory that were not given to `--output` and its like.
  void SweepFiles(const std::string& when) const {
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path())) {
      const std::string name = entry.path().lexically_relative(dir_.path());
      if (!entry.is_regular_file() || holders_.contains(name)) continue;
      EXPECT_FALSE(Holds(dir_.Read(name))) << when << ": " << name;
    }
  }

  ProgramResult Run(const Arguments& more, ProgramOptions options = {}) {
    options.working_dir = dir_.path();
    const ProgramResult run = RunProgram(
        "sotto", Arguments{"prefill", "--log-level", "debug", "--progress", "always"} + more,
        options);
    const std::string when = json(more).dump();
    EXPECT_FALSE(Holds(run.err)) << when << ": stderr: " << run.err;
    EXPECT_FALSE(Holds(run.out)) << when << ": stdout";
    SweepFiles(when);
    return run;
  }

  // With every file that a run may write.
  void ExpectSuccess(const Arguments& more) {
    holders_.insert({"r.json", "l.jsonl", "x.safetensors"});
    const ProgramResult run =
        Run(Arguments{"--prompts", "prompt.txt", "--output", "r.json", "--logprobs", "l.jsonl",
                      "--save-logits", "x.safetensors", "--prefill-length", "64"} +
            more);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    // The sweep finds what is there, or it shows nothing.
    for (const char* name : {"prompt.txt", "r.json", "l.jsonl", "x.safetensors"}) {
      EXPECT_TRUE(Holds(dir_.Read(name))) << name;
      if (std::string(name) != "prompt.txt") fs::remove(dir_.File(name));
    }
  }

  TempDir dir_;
  std::set<std::string> holders_;  // Files that are to hold prompts.
  std::vector<int32_t> ids_;

 private:
  static bool HoldsDecimal(const std::string& text, const std::vector<int32_t>& ids) {
    const std::string first = std::to_string(ids[0]);
    for (size_t at = text.find(first); at != std::string::npos; at = text.find(first, at + 1)) {
      size_t place = at;
      const bool all = std::all_of(ids.begin(), ids.end(), [&](int32_t id) {
        const std::string digits = std::to_string(id);
        while (place > at && place < text.size() &&
               std::string(" ,;[]\n\t").find(text[place]) != std::string::npos)
          ++place;
        if (text.compare(place, digits.size(), digits) != 0) return false;
        place += digits.size();
        return true;
      });
      if (all) return true;
    }
    return false;
  }
  template <typename Word>
  static bool HoldsWords(const std::string& text, const std::vector<int32_t>& ids) {
    const std::vector<Word> words(ids.begin(), ids.end());
    return text.find({reinterpret_cast<const char*>(words.data()), words.size() * sizeof(Word)}) !=
           std::string::npos;
  }
};

TEST_F(CanaryTest, TheSweepFindsWhatItLooksFor) {
  ASSERT_GE(ids_.size(), 8u);
  EXPECT_TRUE(Holds("the canaryword"));
  EXPECT_TRUE(Holds("ids: " + json(ids_).dump()));
  EXPECT_TRUE(Holds(json(ids_).dump(1)));
  EXPECT_TRUE(Holds({reinterpret_cast<const char*>(ids_.data()), ids_.size() * sizeof(int32_t)}));
  EXPECT_FALSE(Holds("In the beginning"));
}

TEST_F(CanaryTest, TeeOnly) {
  ExpectSuccess({});
  ExpectSuccess({"--weight-cache", "cache"});
  ExpectSuccess({"--pad-compute", "--oblivious-embedding", "--precision", "fixed"});
}

TEST_F(CanaryTest, FailuresSayNothingOfIt) {
  const std::string ids = json(ids_).dump(), text = kCanary;
  const auto expect_failure = [&](const std::string& name, const std::string& contents,
                                  const Arguments& more) {
    holders_.insert(name);
    dir_.Write(name, contents);
    EXPECT_NE(Run(Arguments{"--prompts", name} + more).exit_code, 0) << name;
  };
  expect_failure("utf8.txt", text + " \xff\n", {});
  expect_failure("cut.json", "[\"" + text, {});
  expect_failure("cut.jsonl", "{\"prompt\": \"" + text + "\", ", {});
  expect_failure("key.jsonl", "{\"" + text + "\": 1}", {});
  expect_failure("ids.jsonl", "{\"ids\": " + ids.substr(0, ids.size() - 1) + ", 999999]}", {});
  expect_failure("twice.jsonl", "{\"prompt\": \"" + text + "\", \"ids\": " + ids + "}", {});
  const Arguments good = {"--prompts", "prompt.txt"};
  for (const Arguments& more : {Arguments{"--model", "missing"},
                                {"--output", "/dev/full"},
                                {"--logprobs", "/dev/full"},
                                {"--prefill-length", "99999"},
                                {"--output", "prompt.txt"},
                                {"--split", "--accelerator", "localhost:1"}}) {
    EXPECT_NE(Run(good + more).exit_code, 0) << json(more);
  }
  EXPECT_NE(Run({"--prompt", text, "--output", "/dev/full"}).exit_code, 0);
  EXPECT_NE(Run({"--prompt", text, text}).exit_code, 0);
}

// Of a program that is stopped there is nothing left to search, or it is searched.
TEST_F(CanaryTest, Kills) {
  std::string many;
  for (int i = 0; i < 20000; ++i) many += std::string(kCanary) + "\n";
  dir_.Write("many.txt", many);
  holders_.insert("many.txt");
  const Arguments logprobs = {"--logprobs", "l.jsonl"};
  const Arguments logits = {"--save-logits", "x.npy", "--logits", "last"};
  for (const int signal : {SIGKILL, SIGTERM}) {
    for (const char* after : {"info: model ", "info: 20000 prompts", "tokens/s"}) {
      const ProgramResult run =
          Run(Arguments{"--prompts", "many.txt"} + (signal == SIGKILL ? logprobs : logits),
              {.signal = signal, .signal_when = [after](const std::string& err) {
                 return err.find(after) != std::string::npos;
               }});
      EXPECT_NE(run.exit_code, 0);
      EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), {}), 2) << after;
    }
  }
}

TEST_F(CanaryTest, ServersSayNothingOfIt) {
  const std::string log_a = dir_.File("a.log"), log_b = dir_.File("b.log");
  AcceleratorProcess a({"--metrics", "localhost:0"}, {}, std::nullopt, log_a);
  AcceleratorProcess b({"--metrics", "localhost:0"}, {}, std::nullopt, log_b);
  ASSERT_NE(a.metrics_port(), 0);
  const Arguments one = {"--split", "--accelerator", a.address()};
  const Arguments both = one + Arguments{"--accelerator", b.address(), "--insecure-channels"};
  fs::create_directory(dir_.File("pads"));
  ExpectSuccess(one + Arguments{"--pad-memory", "1", "--pad-dir", "pads"});
  ExpectSuccess(both);
  ExpectSuccess(both + Arguments{"--no-relay"});
  // Even one that is shown everything writes nothing of it down.
  ExpectSuccess(one + Arguments{"--protection", "plain", "--verify"});
  for (const AcceleratorProcess* server : {&a, &b}) {
    const std::string metrics = Get(server->metrics_port(), "/metrics");
    EXPECT_THAT(metrics, HasSubstr("200 OK"));
    EXPECT_FALSE(Holds(metrics));
  }
  // A server that falls away in the middle.
  dir_.Write("many.txt", [] {
    std::string many;
    for (int i = 0; i < 2000; ++i) many += std::string(kCanary) + "\n";
    return many;
  }());
  holders_.insert("many.txt");
  const ProgramResult run = Run(both + Arguments{"--prompts", "many.txt"},
                                {.signal = 0, .signal_when = [&](const std::string& err) {
                                   if (err.find("tokens/s") == std::string::npos) return false;
                                   a.Send(SIGKILL);
                                   return true;
                                 }});
  EXPECT_EQ(run.exit_code, 1) << run.err;
  EXPECT_THAT(dir_.Read("a.log"), HasSubstr("{"));  // There is a log to search.
}

}  // namespace
}  // namespace sotto
