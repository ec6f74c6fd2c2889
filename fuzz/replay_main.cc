// Runs one fuzz target over its committed corpus as an ordinary test: inputs that once broke
// something, and one of each interesting kind, are checked by every test run, with any compiler.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

TEST(FuzzReplay, EveryCorpusFilePasses) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SOTTO_CORPUS_DIR)) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path().filename().string());
    std::ifstream in(entry.path(), std::ios::binary);
    ASSERT_TRUE(in.good());
    // A vector, not a string: its end is the allocation's end, so that ASan sees an overread.
    const std::vector<char> input{std::istreambuf_iterator<char>(in), {}};
    const std::vector<uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    ++files;
  }
  EXPECT_GT(files, 0u) << "empty corpus: " SOTTO_CORPUS_DIR;
}

}  // namespace
