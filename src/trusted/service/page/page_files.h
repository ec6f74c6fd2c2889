// The page at / and the files it is made of. Public data.
#ifndef SOTTO_TRUSTED_SERVICE_PAGE_PAGE_FILES_H_
#define SOTTO_TRUSTED_SERVICE_PAGE_PAGE_FILES_H_

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace sotto {

// The page is at /, its files below.
inline constexpr std::string_view kPageFilesPath = "/page/";

struct PageFile {
  std::string_view content_type = {};
  std::string_view bytes = {};  // Lives as long as the program.
};

// Nullopt for a path where there is none.
std::optional<PageFile> FindPageFile(std::string_view path);

// Headers of every answer with one of the files. What a browser runs, loads and asks comes from
// this server and from files, never from a text that is shown; no other page may frame it.
inline constexpr std::array kPageHeaders = std::to_array<
    std::pair<std::string_view, std::string_view>>({
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'; trusted-types 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-cache"},
});

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PAGE_PAGE_FILES_H_
