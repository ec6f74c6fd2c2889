// A page as Chromium sees it, opened from a file without a network. Test-only.
#ifndef SOTTO_TESTING_BROWSER_H_
#define SOTTO_TESTING_BROWSER_H_

#include <string>
#include <vector>

namespace sotto {

struct PageView {
  std::string dom;                            // The document as the browser understood it.
  std::vector<std::string> console_messages;  // Whatever the page or the browser had to say of it.
  std::vector<std::string> requests;          // URLs the page itself asked for.
};

bool BrowserIsInstalled();

// REQUIRES: BrowserIsInstalled(). `path` is absolute and needs no quoting in a shell. A browser
// that cannot be run gives an empty dom.
PageView OpenInBrowser(const std::string& path);

}  // namespace sotto

#endif  // SOTTO_TESTING_BROWSER_H_
