#include "trusted/tee/source_provenance.h"

#include <string_view>

namespace sotto {
namespace {

std::optional<std::string> Said(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

}  // namespace

SourceProvenance BuiltFrom() {
  return {.repo_url = Said(SOTTO_SOURCE_URL), .repo_commit = Said(SOTTO_SOURCE_COMMIT)};
}

}  // namespace sotto
