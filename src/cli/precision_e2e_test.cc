// What `sotto prefill` computes in: named, measured, or given by the mode, and said in the result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/prefill_program.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::HasSubstr;

constexpr char kNamed[] = "named";

TEST_F(PrefillTest, AutoSaysWhatItChoseAndWhatItMeasured) {
  const json result = Result({});
  EXPECT_THAT(result["precision"], AnyOf(json("f32"), json("bf16")));
  EXPECT_THAT(result["precision_reason"].get<std::string>(),
              AnyOf(HasSubstr("measured: bf16 ran at "), HasSubstr("has no bf16 products")));
}

TEST_F(PrefillTest, WhatIsNamedIsWhatIsComputed) {
  const json exact = Result({"--precision", "f32"});
  EXPECT_EQ(exact["precision"], "f32");
  EXPECT_EQ(exact["precision_reason"], kNamed);
  EXPECT_EQ(exact["attention_precision"], "f32");
  const json mixed = Result({"--precision", "bf16", "--attention-precision", "f32"});
  EXPECT_EQ(mixed["precision"], "bf16");
  EXPECT_EQ(mixed["attention_precision"], "f32");
  EXPECT_EQ(mixed["attention_precision_reason"], kNamed);
}

TEST_F(PrefillTest, WhatAttentionIsComputedInAnywayMayBeNamed) {
  for (const char* precision : {"f32", "fixed"}) {
    const json result = Result({"--precision", precision, "--attention-precision", "f32"});
    EXPECT_EQ(result["attention_precision"], "f32");
    EXPECT_EQ(result["attention_precision_reason"], kNamed);
  }
}

TEST_F(PrefillTest, NamedAttentionPrecisionsDiffer) {
  const auto logits = [&](const char* attention) {
    const ProgramResult run = Sotto(
        {"--precision", "bf16", "--attention-precision", attention, "--save-logits", "x.npy"});
    return run.exit_code == 0 ? dir_.Read("x.npy") : run.err;
  };
  const std::string f32 = logits("f32"), bf16 = logits("bf16");
  EXPECT_NE(f32, bf16);
  if (bf16.starts_with("sotto: error")) {
    EXPECT_THAT(bf16, HasSubstr("this processor has no bf16 products"));
  }
  EXPECT_EQ(logits("f32"), f32);
}

// Without its instructions for byte products oneDNN cuts their sums to 16 bits.
TEST_F(PrefillTest, OneDnnsVariablesDoNotChangeWhatIsNamed) {
  const auto logits = [&](const char* precision, std::map<std::string, std::string> environment) {
    const ProgramResult run =
        Sotto({"--precision", precision, "--save-logits", "x.npy"}, std::move(environment));
    return run.exit_code == 0 ? dir_.Read("x.npy") : run.err;
  };
  for (const char* precision : {"bf16", "int8", "fixed"}) {
    EXPECT_TRUE(logits(precision, {{"ONEDNN_MAX_CPU_ISA", "AVX2"}}) == logits(precision, {}))
        << precision;
  }
  EXPECT_TRUE(logits("f32", {{"ONEDNN_DEFAULT_FPMATH_MODE", "BF16"}}) == logits("f32", {}));
}

TEST_F(PrefillTest, FixedWeightsAreOfTwoWidths) {
  const auto logits = [&](std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--precision", "fixed", "--save-logits", "x.npy"});
    const ProgramResult run = Sotto(flags);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return dir_.Read("x.npy");
  };
  EXPECT_TRUE(logits({}) == logits({"--fixed-weights", "12"}));
  EXPECT_FALSE(logits({}) == logits({"--fixed-weights", "8"}));
  EXPECT_EQ(Result({"--precision", "fixed"})["fixed_weights"], 12);
  EXPECT_EQ(Result({"--precision", "fixed", "--fixed-weights", "8"})["fixed_weights"], 8);
  EXPECT_FALSE(Result({"--precision", "f32"}).contains("fixed_weights"));
}

TEST(BadCommandLine, FixedWeightsGoWithPrecisionFixed) {
  ExpectRefusal({"--precision", "fixed", "--fixed-weights", "10"}, kUsage, "--fixed-weights");
  ExpectRefusal({"--precision", "f32", "--fixed-weights", "8"}, kUsage, "--fixed-weights");
  ExpectRefusal({"--fixed-weights", "12"}, kUsage, "--fixed-weights");
}

TEST(BadCommandLine, AttentionPrecisionGoesWithPrecisionsThatRound) {
  ExpectRefusal({"--attention-precision", "f16"}, kUsage, "--attention-precision");
  for (const char* precision : {"f32", "fixed"}) {
    ExpectRefusal({"--precision", precision, "--attention-precision", "bf16"}, kUsage,
                  "--attention-precision");
  }
  ExpectRefusal({"--split", "--attention-precision", "bf16"}, kUsage, "--attention-precision");
}

}  // namespace
}  // namespace sotto
