#include "trusted/api/sentence_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ModulesJson(const std::string& more) {
  return R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling",
              "type": "sentence_transformers.models.Pooling"})" +
         more + "]";
}
constexpr char kNormalizeModule[] =
    R"(, {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"})";

class SentenceFilesTest : public testing::Test {
 protected:
  TrainedEmbedding Read(const std::string& modules, const std::string& pooling) {
    std::filesystem::create_directory(dir_.File("1_Pooling"));
    dir_.Write("modules.json", modules);
    dir_.Write("1_Pooling/config.json", pooling);
    return ReadSentenceFiles(dir_.path());
  }
  const TempDir dir_;
};

TEST_F(SentenceFilesTest, WhatTheModelWasTrainedFor) {
  const TrainedEmbedding mean =
      Read(ModulesJson(kNormalizeModule),
           R"({"word_embedding_dimension": 8, "pooling_mode_cls_token": false,
               "pooling_mode_mean_tokens": true, "include_prompt": true})");
  EXPECT_EQ(mean.pooling, Pooling::kMean);
  EXPECT_EQ(mean.pooling_file, "1_Pooling/config.json");
  EXPECT_TRUE(mean.normalize);
  EXPECT_THAT(mean.unsupported, IsEmpty());
  EXPECT_THAT(EmbeddingWarnings(mean),
              ElementsAre("1_Pooling/config.json: the model was trained for embeddings with "
                          "pooling mean",
                          "modules.json: the model was trained for embeddings with normalize, of "
                          "length 1"));
  for (const char* pooling :
       {R"({"pooling_mode_lasttoken": true})", R"({"pooling_mode": "lasttoken"})"}) {
    const TrainedEmbedding last = Read(ModulesJson(""), pooling);
    EXPECT_EQ(last.pooling, Pooling::kLast);
    EXPECT_FALSE(last.normalize);
    EXPECT_THAT(EmbeddingWarnings(last), IsEmpty());
  }
}

TEST_F(SentenceFilesTest, WhatIsNotComputedIsNamed) {
  EXPECT_THAT(Read(ModulesJson(R"(, {"path": "2_Dense", "type": "a.b.Dense"})"),
                   R"({"pooling_mode_cls_token": true, "pooling_mode_max_tokens": true})")
                  .unsupported,
              ElementsAre("modules.json: asks for the module \"Dense\", which is not supported",
                          "1_Pooling/config.json: asks for pooling by \"cls_token\" and "
                          "\"max_tokens\", which is not supported"));
}

// Nobody vouches for these files: what is wrong with them is said, and nothing else happens.
TEST_F(SentenceFilesTest, DamagedFilesAreOddNotFatal) {
  EXPECT_THAT(ReadSentenceFiles(dir_.path()).unsupported, IsEmpty());
  const std::string modules[] = {"",
                                 "{",
                                 "7",
                                 "[7]",
                                 "[{}]",
                                 R"([{"type": 7}])",
                                 R"([{"type": "Pooling"}])",
                                 R"([{"type": "Pooling", "path": "../a"}])",
                                 R"([{"type": "Pooling", "path": "/etc"}])",
                                 std::string(1000, '[')};
  for (const std::string& text : modules) {
    const TrainedEmbedding trained = Read(text, "{}");
    ASSERT_EQ(trained.unsupported.size(), 1u) << text;
    EXPECT_THAT(trained.unsupported[0], HasSubstr("modules.json"));
    EXPECT_EQ(trained.pooling_file, "");
  }
  for (const char* text : {"", "[]", R"({"pooling_mode": 7})", "{}"}) {
    EXPECT_EQ(Read(ModulesJson(""), text).unsupported.size(), 1u) << text;
  }
}

}  // namespace
}  // namespace sotto
