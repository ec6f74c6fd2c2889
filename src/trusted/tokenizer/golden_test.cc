// Against the reference implementation's recorded answers, byte for byte, for each real tokenizer.
// Test data is optional; the King James text comes from the packages bible-kjv and bible-kjv-text.
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "testing/test_data.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {
namespace {

using Ids = std::vector<int32_t>;
using nlohmann::json;

struct Golden {
  const char* name;         // of the golden files
  const char* directory;    // of the tokenizer.json
  const char* third_party;  // .out file, or nullptr
};
constexpr Golden kGoldens[] = {
    {"llama3", "llama3-tokenizer", "llama.cpp_llama-bpe.out"},
    {"llama2", "llama2-tokenizer", "llama.cpp_llama-spm.out"},
    {"stories260K", "stories260K", nullptr},
};

std::string Read(const std::string& path) {
  auto text = ReadFile(path);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

std::vector<json> ReadLines(const std::string& path) {
  std::vector<json> rows;
  std::istringstream in(Read(path));
  for (std::string line; std::getline(in, line);) rows.push_back(json::parse(line));
  return rows;
}

std::string Sha256(std::string_view bytes) {
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest);
  std::string hex;
  for (const uint8_t b : digest) {
    char two[3];
    std::snprintf(two, sizeof(two), "%02x", b);
    hex += two;
  }
  return hex;
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::vector<std::string> SplitOn(const std::string& text, std::string_view separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + separator.size();
  }
}

// The whole King James text, or "" where the packages are not installed.
std::string KingJamesText() {
  FILE* pipe = popen("bible -f gen1:1-rev22:21 2>/dev/null", "r");
  if (pipe == nullptr) return "";
  std::string text;
  char buffer[1 << 16];
  for (size_t n; (n = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) text.append(buffer, n);
  return pclose(pipe) == 0 ? text : "";
}

class GoldenTest : public testing::TestWithParam<Golden> {
 protected:
  void SetUp() override {
    const auto data = TestDataDir();
    if (!data) GTEST_SKIP() << kNoTestData;
    data_ = *data;
    auto tokenizer = Tokenizer::Load(data_ + "/" + GetParam().directory + "/tokenizer.json");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    tokenizer_ = std::make_unique<Tokenizer>(*std::move(tokenizer));
  }

  std::string GoldenFile(std::string_view kind) const {
    return StrCat(data_, "/golden/", GetParam().name, "_", kind);
  }
  Ids Encode(std::string_view text, const EncodeOptions& options = {}) const {
    const auto ids = tokenizer_->Encode(text, options);
    EXPECT_TRUE(ids.ok()) << ids.status();
    return ids.value_or(Ids{-1});
  }
  std::string Decode(const Ids& ids, const DecodeOptions& options = {}) const {
    const auto text = tokenizer_->Decode(ids, options);
    EXPECT_TRUE(text.ok()) << text.status();
    return text.value_or("(error)");
  }

  std::string data_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_P(GoldenTest, Encode) {
  const auto rows = ReadLines(GoldenFile("encode.jsonl"));
  ASSERT_EQ(rows.size(), 545);
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(StrCat("line ", i + 1));
    const std::string text = rows[i]["text"];
    const Ids ids = rows[i]["ids"];
    EXPECT_EQ(Encode(text), ids);
    EXPECT_EQ(Encode(text, {.plain = true}), rows[i].value("plain_ids", ids));
    EXPECT_EQ(Decode(ids), rows[i].value("decoded", text));
  }
}

TEST_P(GoldenTest, Decode) {
  const auto rows = ReadLines(GoldenFile("decode.jsonl"));
  ASSERT_GT(rows.size(), 190);
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(StrCat("line ", i + 1));
    const Ids ids = rows[i]["ids"];
    EXPECT_EQ(Decode(ids), rows[i]["text"]);
    EXPECT_EQ(Decode(ids, {.skip_special = true}), rows[i]["text_skip_special"]);
  }
}

TEST_P(GoldenTest, EverySingleId) {
  const json bulk = json::parse(Read(GoldenFile("bulk.json")))["single_id_decodes"];
  std::string lines;
  for (int32_t id = 0; id < bulk["count"].get<int32_t>(); ++id) {
    lines += StrCat(id, "\t", json(Decode({id})).dump(), "\n");
  }
  EXPECT_EQ(Sha256(lines), bulk["sha256_of_lines_id_tab_json_newline"]);
}

TEST_P(GoldenTest, KingJamesText) {
  const std::string text = KingJamesText();
  if (text.empty()) GTEST_SKIP() << "packages bible-kjv and bible-kjv-text are not installed";
  const json bulk = json::parse(Read(GoldenFile("bulk.json")));
  if (!bulk.contains("corpus")) GTEST_SKIP() << "no reference for this tokenizer";
  const json& corpus = bulk["corpus"];
  ASSERT_EQ(text.size(), corpus["chars"]);
  const Ids ids = Encode(text);
  EXPECT_EQ(ids.size(), corpus["tokens"]);
  EXPECT_EQ(Sha256({reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(int32_t)}),
            corpus["sha256_of_int32le_ids"]);
  EXPECT_EQ(Sha256(Decode(ids)), Sha256(text));
}

TEST_P(GoldenTest, InvalidUtf8) {
  const json cases = json::parse(Read(data_ + "/golden/invalid_utf8.json"));
  int invalid = 0, valid = 0;
  for (const json& row : cases) {
    SCOPED_TRACE(row["hex"]);
    const std::string bytes = FromHex(row["hex"]), replaced = row["replacement_text"];
    EXPECT_EQ(Encode(replaced), row["ids"][GetParam().name].get<Ids>());
    const auto ids = tokenizer_->Encode(bytes, {});
    ASSERT_EQ(ids.ok(), row["valid_utf8"].get<bool>());
    if (ids.ok()) {
      ++valid;
      continue;
    }
    ++invalid;
    // The first replacement stands where the first bad byte is.
    EXPECT_EQ(ids.status(), absl::InvalidArgumentError(StrCat("text is not UTF-8 at byte offset ",
                                                              replaced.find("\xef\xbf\xbd"))));
  }
  EXPECT_EQ(invalid, 37);
  EXPECT_EQ(valid, 7);
}

TEST_P(GoldenTest, ThirdParty) {
  if (GetParam().third_party == nullptr) GTEST_SKIP() << "no third-party test for this tokenizer";
  const std::string directory = data_ + "/golden/third_party/";
  const auto texts =
      SplitOn(Read(directory + "llama.cpp_vocab_tests.inp"), "\n__ggml_vocab_test__\n");
  const auto answers = SplitOn(Read(directory + GetParam().third_party), "\n");
  ASSERT_EQ(texts.size(), 47);
  ASSERT_EQ(answers.size(), 47);
  for (size_t i = 0; i < texts.size(); ++i) {
    SCOPED_TRACE(StrCat("string ", i));
    std::istringstream numbers(answers[i]);
    const Ids expected{std::istream_iterator<int32_t>(numbers), {}};
    EXPECT_EQ(Encode(texts[i]), expected);
  }
}

// Small tokenizers with what a tokenizer.json may hold, encoded by the reference.
TEST(ReferenceCases, EncodeAsTheReference) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  const std::string directory = *data + "/../cases/tokenizers";
  if (!std::filesystem::is_directory(directory)) GTEST_SKIP() << "no " << directory;
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".json") continue;
    ++cases;
    const std::string name = entry.path().stem().string();
    SCOPED_TRACE(name);
    const json file = json::parse(Read(entry.path().string()));
    const json& definition = file["tokenizer"];
    const auto tokenizer = Tokenizer::Parse(
        definition.is_string() ? definition.get<std::string>() : definition.dump(), name);
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
    if (!tokenizer.ok()) continue;
    EXPECT_GT(file["texts"].size(), 0u);
    for (size_t i = 0; i < file["texts"].size(); ++i) {
      const auto ids = tokenizer->Encode(file["texts"][i].get<std::string>(), {});
      EXPECT_TRUE(ids.ok()) << ids.status();
      EXPECT_EQ(json(ids.value_or(Ids{-1})), file["ids"][i]) << file["texts"][i];
    }
  }
  EXPECT_GE(cases, 21);
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTest, testing::ValuesIn(kGoldens),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace sotto
