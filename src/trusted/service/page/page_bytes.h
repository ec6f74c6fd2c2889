// The bytes of the page's files, which the build writes (cmake/embed_files.cmake).
#ifndef SOTTO_TRUSTED_SERVICE_PAGE_PAGE_BYTES_H_
#define SOTTO_TRUSTED_SERVICE_PAGE_PAGE_BYTES_H_

#include <string_view>

namespace sotto {

// "index.html", "page.js" and so on; empty for a file that there is not.
std::string_view PageBytes(std::string_view name);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PAGE_PAGE_BYTES_H_
