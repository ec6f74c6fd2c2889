#include "cli/default_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "testing/temp_dir.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

class DefaultModelTest : public testing::Test {
 protected:
  std::string Directory(const std::string& path) {
    fs::create_directories(dir_.File(path));
    return dir_.File(path);
  }
  // A model directory, which is one that has a config.json.
  std::string Model(const std::string& path) {
    std::string model = Directory(path);
    dir_.Write(path + "/config.json", "{}");
    return model;
  }

  TempDir dir_;
};

TEST_F(DefaultModelTest, IsBesideAnInstalledProgram) {
  const std::string model = Model("usr/share/sotto/models/kjv-2m");
  const auto found = FindShippedModelFrom(Directory("usr/bin"));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, model);
}

TEST_F(DefaultModelTest, IsAboveAProgramBuiltInTheSourceTree) {
  const std::string model = Model("models/kjv-2m");
  const auto found = FindShippedModelFrom(Directory("build/bin"));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, model);
}

TEST_F(DefaultModelTest, TheInstalledOneComesFirst) {
  Model("models/kjv-2m");
  const std::string model = Model("build/share/sotto/models/kjv-2m");
  const auto found = FindShippedModelFrom(Directory("build/bin"));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, model);
}

TEST_F(DefaultModelTest, ADirectoryWithoutConfigIsNoModel) {
  Directory("usr/share/sotto/models/kjv-2m");
  const std::string bin = Directory("usr/bin");
  const absl::Status status = FindShippedModelFrom(bin).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()),
            "no shipped model near " + bin + "; name one with --model DIR");
}

// This program is in build/tests, as far from the source tree's models as build/bin.
TEST(DefaultModel, IsFoundFromTheRunningProgram) {
  const auto found = FindShippedModel();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(fs::exists(*found + "/model.safetensors"));
}

}  // namespace
}  // namespace sotto
