#include "model/model_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "model/foreign_files.h"

namespace sotto {
namespace {

class DiskFileBytes : public FileBytes {
 public:
  explicit DiskFileBytes(InputFile file) : file_(std::move(file)) {}
  uint64_t size() const override { return file_.size(); }
  absl::Status Read(uint64_t offset, std::span<uint8_t> out) const override {
    return file_.Read(offset, out);
  }
  void Drop(uint64_t, uint64_t) const override {}

 private:
  InputFile file_;
};

class DirectoryFiles : public ModelFiles {
 public:
  explicit DirectoryFiles(std::string directory) : directory_(std::move(directory)) {}

  const std::string& path() const override { return directory_; }
  bool Has(const std::string& name) const override {
    std::error_code ignored;
    return std::filesystem::exists(StrCat(directory_, "/", name), ignored);
  }
  std::vector<std::string> Names() const override {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory_, error), end; !error && entry != end;
         entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
  absl::StatusOr<std::unique_ptr<FileBytes>> Open(const std::string& name) const override {
    SOTTO_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(StrCat(directory_, "/", name)));
    return std::make_unique<DiskFileBytes>(std::move(file));
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
  if (file->size() > limit_bytes) {
    return absl::InvalidArgumentError(StrCat(path(), "/", name, ": ", file->size(),
                                             " bytes, more than the limit of ", limit_bytes));
  }
  std::string text(file->size(), '\0');
  SOTTO_RETURN_IF_ERROR(file->Read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  SOTTO_RETURN_IF_ERROR(CheckIsNoPlaceholder(text, StrCat(path(), "/", name)));
  return text;
}

absl::StatusOr<std::unique_ptr<ModelFiles>> OpenModelDirectory(const std::string& directory) {
  std::error_code ignored;
  if (!std::filesystem::exists(directory, ignored)) {
    return absl::NotFoundError(StrCat(directory, ": no such model directory"));
  }
  if (!std::filesystem::is_directory(directory, ignored)) {
    return absl::InvalidArgumentError(
        StrCat(directory, ": is a file; expected a directory with config.json and the weights"));
  }
  return std::make_unique<DirectoryFiles>(directory);
}

}  // namespace sotto
