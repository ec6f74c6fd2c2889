#include "trusted/service/page/page_files.h"

#include <algorithm>

#include "trusted/service/page/page_bytes.h"

namespace sotto {
namespace {

struct FileAtPath {
  std::string_view path, name, content_type;
};

constexpr std::array kPageFiles = std::to_array<FileAtPath>({
    {"/", "index.html", "text/html; charset=utf-8"},
    {"/page/page.js", "page.js", "text/javascript; charset=utf-8"},
    {"/page/page.css", "page.css", "text/css; charset=utf-8"},
    {"/page/icon.svg", "icon.svg", "image/svg+xml"},
});

}  // namespace

std::optional<PageFile> FindPageFile(std::string_view path) {
  const auto found = std::ranges::find(kPageFiles, path, &FileAtPath::path);
  if (found == kPageFiles.end()) return std::nullopt;
  return PageFile{found->content_type, PageBytes(found->name)};
}

}  // namespace sotto
