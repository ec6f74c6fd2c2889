#include "cli/config_warning.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "model/checkpoint.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

// Of the shipped model with more fields in its config.json.
std::string WarningWith(const nlohmann::json& more) {
  const TempDir dir;
  std::filesystem::copy(ShippedModelDir(), dir.File("m"));
  nlohmann::json config = nlohmann::json::parse(dir.Read("m/config.json"));
  config.update(more);
  dir.Write("m/config.json", config.dump());
  const auto checkpoint = Checkpoint::Open(dir.File("m"));
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  const std::string warning =
      checkpoint.ok() ? ConfigWarning(checkpoint->directory(), checkpoint->config().unknown_fields)
                      : "";
  return warning.substr(std::min(warning.size(), dir.path().size()));
}

TEST(ConfigWarningTest, SilentOfWhatIsKnown) {
  EXPECT_EQ(WarningWith({{"_name_or_path", "x"}, {"transformers_version", "4.46.0"}}), "");
}

TEST(ConfigWarningTest, NamesWhatIsNot) {
  EXPECT_EQ(WarningWith({{"tanh_scale", 3}}),
            "/m/config.json: ignoring unknown field \"tanh_scale\"; results are wrong if the model "
            "depends on it");
  EXPECT_EQ(WarningWith({{"b\n", 1}, {"a", {1, 2}}, {"none", nullptr}}),
            "/m/config.json: ignoring unknown fields \"a\", \"b?\"; results are wrong if the model "
            "depends on them");
}

TEST(ConfigWarningTest, StaysShort) {
  nlohmann::json many;
  for (char c = 'a'; c <= 'j'; ++c) many[std::string(1, c)] = 1;
  EXPECT_NE(WarningWith(many).find("\"h\", and 2 more;"), std::string::npos);
}

}  // namespace
}  // namespace sotto
