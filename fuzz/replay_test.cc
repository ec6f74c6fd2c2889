// Runs the fuzz targets over their committed corpora as ordinary tests: inputs that once broke
// something, and one of each interesting kind, are checked by every test run, with any compiler.
#include "fuzz/replay.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "testing/paths.h"

namespace sotto {
namespace {

using FuzzTarget = int (*)(const uint8_t* data, size_t size);

class CorpusTest : public testing::Test {
 public:
  CorpusTest(std::string corpus, FuzzTarget target) : corpus_(std::move(corpus)), target_(target) {}

  void TestBody() override {
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpus_)) {
      if (!entry.is_regular_file()) continue;
      SCOPED_TRACE(entry.path().filename().string());
      std::ifstream in(entry.path(), std::ios::binary);
      ASSERT_TRUE(in.good());
      // A vector, not a string: its end is the allocation's end, so that ASan sees an overread.
      const std::vector<char> input{std::istreambuf_iterator<char>(in), {}};
      const std::vector<uint8_t> bytes(input.begin(), input.end());
      target_(bytes.data(), bytes.size());
      ++files;
    }
    EXPECT_GT(files, 0u) << "empty corpus: " << corpus_;
  }

 private:
  const std::string corpus_;
  const FuzzTarget target_;
};

}  // namespace

FuzzReplay::FuzzReplay(const char* name, FuzzTarget target) {
  const std::string corpus = StrCat(SourceDir(), "/fuzz/corpus/", name);
  testing::RegisterTest("FuzzReplay", name, nullptr, nullptr, __FILE__, __LINE__,
                        [=]() -> testing::Test* { return new CorpusTest(corpus, target); });
}

}  // namespace sotto
