#include "model/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class TemporaryDirectoryTest : public testing::Test {
 protected:
  // With one file in it.
  TemporaryDirectory Create(const std::string& target) {
    auto directory = TemporaryDirectory::CreateFor(dir_.File(target));
    EXPECT_TRUE(directory.ok()) << directory.status();
    std::ofstream(directory->path() + "/weights") << "w";
    return *std::move(directory);
  }
  size_t Entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(dir_.path()), {}));
  }

  TempDir dir_;
};

TEST_F(TemporaryDirectoryTest, AppearsCompleteUnderItsName) {
  {
    TemporaryDirectory directory = Create("model");
    EXPECT_EQ(fs::path(directory.path()).parent_path(), dir_.path());
    EXPECT_FALSE(fs::exists(dir_.File("model")));
    ASSERT_TRUE(directory.RenameTo(dir_.File("model")).ok());
  }
  EXPECT_EQ(Entries(), 1u);
  EXPECT_EQ(dir_.Read("model/weights"), "w");
  // Like any directory, not mkdtemp's.
  EXPECT_EQ(fs::status(dir_.File("model")).permissions(), fs::perms{0755});
}

TEST_F(TemporaryDirectoryTest, WithoutANameItIsRemovedWithItsFiles) {
  {
    const TemporaryDirectory directory = Create("model");
    EXPECT_EQ(Entries(), 1u);
  }
  EXPECT_EQ(Entries(), 0u);
}

TEST_F(TemporaryDirectoryTest, TheOneMovedFromRemovesNothing) {
  auto first = std::make_unique<TemporaryDirectory>(Create("model"));
  const TemporaryDirectory second = std::move(*first);
  first.reset();
  EXPECT_EQ(Entries(), 1u);
}

TEST_F(TemporaryDirectoryTest, ReplacesAnEmptyDirectoryOnly) {
  fs::create_directory(dir_.File("empty"));
  EXPECT_TRUE(Create("empty").RenameTo(dir_.File("empty")).ok());
  fs::create_directory(dir_.File("full"));
  dir_.Write("full/precious", "p");
  const absl::Status status = Create("full").RenameTo(dir_.File("full"));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("full: cannot rename: "));
  EXPECT_EQ(dir_.Read("full/precious"), "p");
  EXPECT_EQ(Entries(), 2u);
}

TEST_F(TemporaryDirectoryTest, NeedsAParentDirectory) {
  dir_.Write("file", "");
  for (const char* target : {"none/model", "file/model"}) {
    const absl::Status status = TemporaryDirectory::CreateFor(dir_.File(target)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << target;
    EXPECT_THAT(std::string(status.message()), HasSubstr(target));
  }
}

}  // namespace
}  // namespace sotto
