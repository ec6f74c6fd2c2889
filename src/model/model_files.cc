#include "model/model_files.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/strings.h"

namespace sotto {
namespace {

class MappedFileBytes : public FileBytes {
 public:
  explicit MappedFileBytes(MappedFile file) : file_(std::move(file)) {}
  std::span<const uint8_t> bytes() const override { return file_.bytes(); }
  void DropPages(std::span<const uint8_t> part) const override { file_.DropPages(part); }

 private:
  MappedFile file_;
};

class DirectoryFiles : public ModelFiles {
 public:
  explicit DirectoryFiles(std::string directory) : directory_(std::move(directory)) {}

  const std::string& path() const override { return directory_; }
  bool Has(const std::string& name) const override {
    std::error_code ignored;
    return std::filesystem::exists(StrCat(directory_, "/", name), ignored);
  }
  absl::StatusOr<std::unique_ptr<FileBytes>> Open(const std::string& name) const override {
    SOTTO_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(StrCat(directory_, "/", name)));
    return std::make_unique<MappedFileBytes>(std::move(file));
  }
  bool keeps_dropped_pages() const override { return true; }
  std::optional<std::string> claimed_weights_sha256() const override { return std::nullopt; }
  bool root_is_pinned() const override { return false; }

 private:
  std::string directory_;
};

}  // namespace

absl::StatusOr<std::string> ModelFiles::ReadText(const std::string& name,
                                                 size_t limit_bytes) const {
  SOTTO_ASSIGN_OR_RETURN(const std::unique_ptr<FileBytes> file, Open(name));
  const std::span<const uint8_t> bytes = file->bytes();
  if (bytes.size() > limit_bytes) {
    return absl::InvalidArgumentError(StrCat(path(), "/", name, ": ", bytes.size(),
                                             " bytes, more than the limit of ", limit_bytes));
  }
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

absl::StatusOr<std::unique_ptr<ModelFiles>> OpenModelDirectory(const std::string& directory) {
  std::error_code ignored;
  if (!std::filesystem::exists(directory, ignored)) {
    return absl::NotFoundError(StrCat(directory, ": no such model directory"));
  }
  if (!std::filesystem::is_directory(directory, ignored)) {
    return absl::InvalidArgumentError(
        StrCat(directory, ": a file; want the directory that has config.json and the weights"));
  }
  return std::make_unique<DirectoryFiles>(directory);
}

}  // namespace sotto
