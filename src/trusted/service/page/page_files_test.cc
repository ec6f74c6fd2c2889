#include "trusted/service/page/page_files.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "base/strings.h"
#include "testing/paths.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string PageText(std::string_view path) {
  const std::optional<PageFile> file = FindPageFile(path);
  EXPECT_TRUE(file.has_value()) << path;
  return std::string(file.value_or(PageFile{}).bytes);
}

TEST(PageFiles, AreTheFilesOfTheTreeByteForByte) {
  std::ifstream in(SourceDir() + "/src/trusted/service/page/index.html", std::ios::binary);
  const std::string source{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(source.empty());
  EXPECT_EQ(PageText("/"), source);
}

TEST(PageFiles, EverythingThePageNamesIsThere) {
  const std::string html = PageText("/");
  const std::regex link(R"((?:src|href)="([^"]+)\")");
  int links = 0;
  for (std::sregex_iterator it(html.begin(), html.end(), link), end; it != end; ++it, ++links) {
    EXPECT_FALSE(PageText(StrCat("/", (*it)[1].str())).empty()) << (*it)[1];
  }
  EXPECT_GE(links, 4);
}

TEST(PageFiles, NothingElseIs) {
  for (const char* path : {"", "/page/", "/page", "/page/page.ts", "/index.html", "/page/../"}) {
    EXPECT_FALSE(FindPageFile(path).has_value()) << path;
  }
}

// The policy forbids both, so that they would be missing without a word.
TEST(PageFiles, HasNoInlineScriptOrStyle) {
  const std::string html = PageText("/");
  EXPECT_THAT(html, Not(HasSubstr("<style")));
  EXPECT_FALSE(std::regex_search(html, std::regex(R"(<script(?![^>]*\ssrc=))")));
  EXPECT_FALSE(std::regex_search(html, std::regex(R"(\s(style|on[a-z]+)=)")));
}

TEST(PageFiles, NamesNoOtherServer) {
  for (const char* path : {"/", "/page/page.js", "/page/page.css"}) {
    const std::string text =
        std::regex_replace(PageText(path), std::regex("http://www.w3.org/2000/svg"), "");
    EXPECT_FALSE(std::regex_search(text, std::regex("https?://|\"//"))) << path;
  }
}

TEST(PageFiles, ThePolicyLetsNothingInFromElsewhere) {
  const auto [name, policy] = kPageHeaders[0];
  EXPECT_EQ(name, "Content-Security-Policy");
  EXPECT_THAT(policy, ::testing::StartsWith("default-src 'none';"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

}  // namespace
}  // namespace sotto
