// A fresh directory for one test, removed at its end.
#ifndef SOTTO_TESTING_TEMP_DIR_H_
#define SOTTO_TESTING_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include "base/check.h"

namespace sotto {

class TempDir {
 public:
  TempDir() : path_(std::filesystem::temp_directory_path() / "sotto_test_XXXXXX") {
    SOTTO_CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Writes a file of the directory and returns its path.
  std::string Write(std::string_view name, std::string_view contents) const {
    std::ofstream out(File(name), std::ios::binary);
    out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
    SOTTO_CHECK(out.good());
    return File(name);
  }
  std::string Read(std::string_view name) const {
    std::ifstream in(File(name), std::ios::binary);
    SOTTO_CHECK(in.good());
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string path_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_TEMP_DIR_H_
