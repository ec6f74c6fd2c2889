#include "cli/logits_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstring>
#include <thread>

#include "model/safetensors.h"
#include "testing/reference_tensors.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr size_t kVocab = 5;

// Two rows of at most three positions: the second has one.
const LogitsShape kAll{
    .positions = Positions::kAll, .rows = 2, .prefill_length = 3, .vocab_size = kVocab};
const LogitsShape kLast{
    .positions = Positions::kLast, .rows = 2, .prefill_length = 3, .vocab_size = kVocab};

BatchRows Rows() { return {.ids = {{7, 8, 9}, {4}}, .prompt_count = 2}; }

// A value that tells its place.
float ValueAt(size_t row, size_t position, size_t id) {
  return static_cast<float>(100 * (row + 1) + 10 * position + id) + 0.25f;
}

Matrix<float> Block(size_t row, size_t first_position, size_t count) {
  Matrix<float> block(count, kVocab);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < kVocab; ++j) block.view()(i, j) = ValueAt(row, first_position + i, j);
  }
  return block;
}

// What the file holds for kAll: values of real positions, 0 beyond.
std::vector<float> ExpectedAll() {
  std::vector<float> values;
  for (size_t r = 0; r < 2; ++r) {
    for (size_t i = 0; i < 3; ++i) {
      const bool real = i < Rows().ids[r].size();
      for (size_t j = 0; j < kVocab; ++j) values.push_back(real ? ValueAt(r, i, j) : 0.0f);
    }
  }
  return values;
}

std::vector<float> Floats(std::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

class LogitsFileTest : public testing::Test {
 protected:
  std::unique_ptr<LogitsFile> Create(const std::string& name, const LogitsShape& shape) {
    auto file = LogitsFile::Create(dir_.File(name), shape, Rows());
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }
  // Every real position, in blocks, out of order.
  void WriteAll(LogitsFile& file) {
    file.Write(1, 0, Block(1, 0, 1).view());
    file.Write(0, 2, Block(0, 2, 1).view());
    file.Write(0, 0, Block(0, 0, 2).view());
    ASSERT_TRUE(file.Commit().ok());
  }
  size_t Entries() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(dir_.path()), {}));
  }

  TempDir dir_;
};

TEST(LogitsFormat, FollowsTheExtension) {
  EXPECT_EQ(*LogitsFormatOfPath("a/b.npy"), LogitsFormat::kNpy);
  EXPECT_EQ(*LogitsFormatOfPath("b.safetensors"), LogitsFormat::kSafetensors);
  for (const char* path : {"b", "b.bin", "npy", "a.npy/b", "b.NPY", ""}) {
    EXPECT_EQ(LogitsFormatOfPath(path).status().code(), absl::StatusCode::kInvalidArgument) << path;
  }
}

TEST(LogitsShapeTest, LastPositionsHaveNoDimensionOfPositions) {
  EXPECT_THAT(kAll.dimensions(), ElementsAre(2, 3, kVocab));
  EXPECT_THAT(kLast.dimensions(), ElementsAre(2, kVocab));
}

TEST_F(LogitsFileTest, SafetensorsHoldsLogitsIdsAndLengths) {
  WriteAll(*Create("l.safetensors", kAll));
  const auto tensors = ReadReferenceTensors(dir_.File("l.safetensors"));
  EXPECT_THAT(tensors.at("logits").shape, ElementsAre(2, 3, kVocab));
  EXPECT_EQ(tensors.at("logits").As<float>(), ExpectedAll());
  EXPECT_THAT(tensors.at("input_ids").shape, ElementsAre(2, 3));
  EXPECT_THAT(tensors.at("input_ids").As<int32_t>(), ElementsAre(7, 8, 9, 4, 0, 0));
  EXPECT_THAT(tensors.at("actual_lengths").shape, ElementsAre(2));
  EXPECT_THAT(tensors.at("actual_lengths").As<int32_t>(), ElementsAre(3, 1));
}

TEST_F(LogitsFileTest, SafetensorsDataIsAligned) {
  WriteAll(*Create("l.safetensors", kAll));
  const auto file = SafetensorsFile::Open(dir_.File("l.safetensors"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Find("logits")->begin % 64, 0u);
}

// By NumPy's own description of format 1.0.
TEST_F(LogitsFileTest, NpyIsWhatNumPyReads) {
  WriteAll(*Create("l.npy", kAll));
  const std::string bytes = dir_.Read("l.npy");
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t header =
      static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
  const std::string literal = bytes.substr(10, header);
  EXPECT_EQ((10 + header) % 64, 0u);
  EXPECT_EQ(literal.back(), '\n');
  EXPECT_THAT(literal, HasSubstr("'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 5)"));
  EXPECT_EQ(Floats(bytes.substr(10 + header)), ExpectedAll());
}

TEST_F(LogitsFileTest, IdsAndLengthsStandBesideAnNpy) {
  WriteAll(*Create("l.npy", kAll));
  const auto check = [&](const std::string& name, const std::string& shape,
                         const std::vector<int32_t>& expected) {
    const std::string bytes = dir_.Read(name);
    const std::string_view literal = std::string_view(bytes).substr(10, 118);
    EXPECT_EQ(literal.substr(0, literal.find('}') + 1),
              "{'descr': '<i4', 'fortran_order': False, 'shape': " + shape + ", }");
    std::vector<int32_t> values(expected.size());
    ASSERT_EQ(bytes.size(), 128 + values.size() * sizeof(int32_t));
    std::memcpy(values.data(), bytes.data() + 128, bytes.size() - 128);
    EXPECT_EQ(values, expected);
  };
  check("l.ids.npy", "(2, 3)", {7, 8, 9, 4, 0, 0});
  check("l.lengths.npy", "(2,)", {3, 1});
  EXPECT_EQ(Entries(), 3u);
  EXPECT_TRUE(FilesBesideLogits("l.safetensors").empty());
}

TEST_F(LogitsFileTest, LastPositionsAreOneRowEach) {
  const auto file = Create("l.safetensors", kLast);
  file->Write(1, 0, Block(1, 0, 1).view());
  file->Write(0, 2, Block(0, 2, 1).view());
  ASSERT_TRUE(file->Commit().ok());
  const auto tensors = ReadReferenceTensors(dir_.File("l.safetensors"));
  EXPECT_THAT(tensors.at("logits").shape, ElementsAre(2, kVocab));
  std::vector<float> expected;
  for (size_t j = 0; j < kVocab; ++j) expected.push_back(ValueAt(0, 2, j));
  for (size_t j = 0; j < kVocab; ++j) expected.push_back(ValueAt(1, 0, j));
  EXPECT_EQ(tensors.at("logits").As<float>(), expected);
}

TEST_F(LogitsFileTest, SeveralThreadsMayWrite) {
  const auto file = Create("l.safetensors", kAll);
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (size_t i = 0; i < 3; ++i) {
    threads.emplace_back([&file, i] { file->Write(0, i, Block(0, i, 1).view()); });
  }
  file->Write(1, 0, Block(1, 0, 1).view());
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(ReadReferenceTensors(dir_.File("l.safetensors")).at("logits").As<float>(),
            ExpectedAll());
}

TEST_F(LogitsFileTest, WithoutCommitThereIsNoFile) {
  auto file = Create("l.npy", kAll);
  file->Write(0, 0, Block(0, 0, 3).view());
  file.reset();
  EXPECT_EQ(Entries(), 0u);
}

TEST_F(LogitsFileTest, ErrorsOfCreateNameThePath) {
  const auto other = LogitsFile::Create(dir_.File("l.txt"), kAll, Rows());
  EXPECT_EQ(other.status().code(), absl::StatusCode::kInvalidArgument);
  const auto missing = LogitsFile::Create(dir_.File("no/l.npy"), kAll, Rows());
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("no/l.npy"));
}

// A device takes bytes in order only, and logits come in any order.
TEST_F(LogitsFileTest, ADeviceIsRefused) {
  std::filesystem::create_symlink("/dev/null", dir_.File("l.npy"));
  const absl::Status status = LogitsFile::Create(dir_.File("l.npy"), kAll, Rows()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("must be a regular file"));
}

// A limit on file sizes stands for a full disk.
TEST_F(LogitsFileTest, AFailedWriteIsKeptForCommit) {
  const auto file = Create("l.npy", kAll);
  signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tight{16, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  file->Write(0, 1, Block(0, 1, 1).view());
  const absl::Status first = file->status();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(first.ok());
  file->Write(0, 0, Block(0, 0, 1).view());
  EXPECT_EQ(file->status(), first);
  EXPECT_EQ(file->Commit(), first);
}

}  // namespace
}  // namespace sotto
