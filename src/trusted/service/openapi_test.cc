#include "trusted/service/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "trusted/service/endpoints.h"

namespace sotto {
namespace {

using PathAndMethod = std::pair<std::string, std::string>;

// But for what is for people, and what only says where to go instead.
std::set<PathAndMethod> ServedPaths() {
  std::set<PathAndMethod> paths;
  for (const Endpoint& endpoint : AllEndpoints()) {
    std::string path(endpoint.path);
    if (endpoint.answer == AnswerPage || path == "/v1/chat/completions") continue;
    if (path == "/v1/models/") path += "{model}";
    if (path == "/v1/aci/receipts/") path += "{id}";
    std::string method(endpoint.method);
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return std::tolower(c); });
    paths.insert({std::move(path), std::move(method)});
  }
  return paths;
}

TEST(OpenApiTest, ListsEveryPathThatIsServedAndNoOther) {
  const auto document = nlohmann::json::parse(OpenApiDocument());
  std::set<PathAndMethod> listed;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) listed.insert({path, method});
  }
  EXPECT_THAT(listed, testing::ContainerEq(ServedPaths()));
}

}  // namespace
}  // namespace sotto
