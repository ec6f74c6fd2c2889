#include "model/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/strings.h"
#include "model/safetensors_writer.h"
#include "testing/safetensors_bytes.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;

absl::StatusOr<std::vector<SafetensorsEntry>> Parse(const std::string& file) {
  const auto* data = reinterpret_cast<const uint8_t*>(file.data());
  return ParseSafetensorsHeader({data, file.size()}, file.size(), "F");
}

// Parses a file with this header and so many bytes of data.
absl::Status ParseStatus(const std::string& json, size_t data_bytes) {
  return Parse(SafetensorsBytes(json, std::string(data_bytes, 'x'))).status();
}

void ExpectDamaged(const absl::Status& status, const std::string& what) {
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("F: "));
  EXPECT_THAT(message, HasSubstr(what));
}

std::string Entry(std::string_view name, std::string_view dtype, std::string_view shape,
                  std::string_view offsets) {
  return StrCat("\"", name, "\":{\"dtype\":\"", dtype, "\",\"shape\":", shape,
                ",\"data_offsets\":", offsets, "}");
}
std::string Object(const std::string& members) { return StrCat("{", members, "}"); }
std::string Object(const std::string& first, const std::string& second) {
  return StrCat("{", first, ",", second, "}");
}

TEST(SafetensorsTest, ListsTensorsInTheOrderOfTheirData) {
  const std::string json = StrCat(
      "{\"__metadata__\":{\"format\":\"pt\"},", Entry("b", "F32", "[2,3]", "[4,28]"), ",",
      Entry("a", "BF16", "[2]", "[0,4]"), ",", Entry("scalar", "I64", "[]", "[28,36]"), "}   ");
  const auto entries = Parse(SafetensorsBytes(json, std::string(36, 'x')));
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ((*entries)[0].name, "a");
  EXPECT_EQ((*entries)[0].dtype, "BF16");
  EXPECT_EQ((*entries)[1].shape, (std::vector<size_t>{2, 3}));
  EXPECT_EQ((*entries)[1].begin, 8 + json.size() + 4);
  EXPECT_EQ((*entries)[2].end, 8 + json.size() + 36);
  EXPECT_TRUE((*entries)[2].shape.empty());
}

TEST(SafetensorsTest, EmptyTensorsTakeNoRoom) {
  const std::string json =
      Object(Entry("full", "U8", "[3]", "[0,3]"), Entry("none", "F32", "[0,7]", "[0,0]"));
  EXPECT_TRUE(ParseStatus(json, 3).ok());
}

TEST(SafetensorsTest, TruncatedHeader) {
  ExpectDamaged(
      Parse("").status(),
      "too short for a safetensors file; if its download was cut short, download it again");
  ExpectDamaged(Parse(std::string("\x10\0\0", 3)).status(), "too short");
  ExpectDamaged(Parse(SafetensorsBytes("{}", "", 3)).status(), "truncated");
  ExpectDamaged(Parse(SafetensorsBytes("{", "", 1)).status(), "not a JSON object");
}

TEST(SafetensorsTest, OversizedHeader) {
  ExpectDamaged(Parse(SafetensorsBytes("{}", "", 100'000'001)).status(), "100000000");
  ExpectDamaged(Parse(SafetensorsBytes("{}", "", ~uint64_t{0})).status(), "header length");
  ExpectDamaged(Parse(SafetensorsBytes("{}", "", ~uint64_t{0} - 7)).status(), "header length");
}

TEST(SafetensorsTest, TruncatedData) {
  ExpectDamaged(ParseStatus(Object(Entry("a", "F32", "[2]", "[0,8]")), 7), "\"a\"");
}

TEST(SafetensorsTest, BytesThatBelongToNobody) {
  ExpectDamaged(ParseStatus(Object(Entry("a", "F32", "[2]", "[0,8]")), 9), "no tensor");
  ExpectDamaged(ParseStatus("{}", 1), "no tensor");
}

TEST(SafetensorsTest, OverlappingTensors) {
  const std::string json =
      Object(Entry("a", "F32", "[2]", "[0,8]"), Entry("b", "F32", "[2]", "[4,12]"));
  ExpectDamaged(ParseStatus(json, 12), "overlaps");
}

TEST(SafetensorsTest, HoleBetweenTensors) {
  const std::string json =
      Object(Entry("a", "F32", "[2]", "[0,8]"), Entry("b", "F32", "[2]", "[9,17]"));
  ExpectDamaged(ParseStatus(json, 17), "hole");
}

TEST(SafetensorsTest, LyingOffsets) {
  for (const std::string offsets :
       {"[8,0]", "[0,9]", "[0,7]", "[0,18446744073709551615]", "[18446744073709551608,0]", "[-8,0]",
        "[0]", "[0,8,8]", "[0.0,8.0]", "\"0,8\"", "null"}) {
    ExpectDamaged(ParseStatus(Object(Entry("a", "F32", "[2]", offsets)), 8), "\"a\"");
  }
}

TEST(SafetensorsTest, LyingShapes) {
  for (const std::string shape :
       {"[3]", "[1]", "[2,2]", "[-2]", "[2.0]", "[[2]]", "2", "null", "[4294967296,4294967296]",
        "[18446744073709551615,2]", "[9223372036854775808,2,1]", "[0]",
        "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]"}) {
    ExpectDamaged(ParseStatus(Object(Entry("a", "F32", shape, "[0,8]")), 8), "\"a\"");
  }
}

TEST(SafetensorsTest, UnknownDType) {
  ExpectDamaged(ParseStatus(Object(Entry("a", "F31", "[2]", "[0,8]")), 8), "F31");
}

TEST(SafetensorsTest, DuplicateNames) {
  const std::string json =
      Object(Entry("a", "F32", "[2]", "[0,8]"), Entry("a", "F32", "[2]", "[8,16]"));
  ExpectDamaged(ParseStatus(json, 16), "appears twice");
}

TEST(SafetensorsTest, MalformedTensorObjects) {
  for (const std::string value :
       {"1", "[]", "{}", "{\"dtype\":\"F32\",\"shape\":[2]}",
        "{\"dtype\":3,\"shape\":[2],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1}"}) {
    ExpectDamaged(ParseStatus(StrCat("{\"a\":", value, "}"), 8), "\"a\"");
  }
}

TEST(SafetensorsTest, MessagesHoldNoControlCharacters) {
  const absl::Status status = ParseStatus("{\"a\\u001b[31m\\n\":1}", 0);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("\"a?[31m?\""));
}

TEST(SafetensorsTest, OpensARealFile) {
  const auto file = SafetensorsFile::Open(ShippedModelDir() + "/model.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto norm = file->Find("model.norm.weight");
  ASSERT_TRUE(norm.ok());
  EXPECT_EQ(file->bytes(*norm).size(), 2u * 192);
  EXPECT_EQ(file->Find("nothing").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(SafetensorsFile::Open("/nowhere/x").status().code(), absl::StatusCode::kNotFound);
}

TEST(SafetensorsWriterTest, WhatIsWrittenCanBeRead) {
  const TempDir dir;
  const std::string path = dir.File("out.safetensors");
  auto writer = SafetensorsWriter::Create(
      path, {{"ids", "I32", {3}}, {"none", "F32", {0, 4}}, {"logits", "F32", {3, 5}}},
      {{"made_by", "test"}});
  ASSERT_TRUE(writer.ok()) << writer.status();
  const std::vector<uint8_t> row(20, 7);
  ASSERT_TRUE(writer->Write(2, 40, row).ok());  // The last row first; the others stay zero.
  EXPECT_FALSE(SafetensorsFile::Open(path).ok());
  ASSERT_TRUE(writer->Commit().ok());

  const auto file = SafetensorsFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto logits = file->Find("logits");
  ASSERT_TRUE(logits.ok());
  EXPECT_EQ(logits->shape, (std::vector<size_t>{3, 5}));
  const auto bytes = file->bytes(*logits);
  EXPECT_EQ(bytes[39], 0);
  EXPECT_EQ(bytes[40], 7);
  EXPECT_EQ(bytes[59], 7);
  EXPECT_EQ(file->Find("ids")->begin % 64, 0u);
}

TEST(SafetensorsWriterTest, LeavesNothingBehindWithoutCommit) {
  const TempDir dir;
  {
    auto writer = SafetensorsWriter::Create(dir.File("out"), {{"a", "F32", {4}}});
    ASSERT_TRUE(writer.ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(SafetensorsWriterTest, UnwritableDirectory) {
  EXPECT_EQ(SafetensorsWriter::Create("/nowhere/out", {}).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sotto
