#include "cli/attester_flag.h"

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "cli/command.h"
#include "trusted/tee/platform.h"

namespace sotto {
namespace {

constexpr char kTestAttesterFlag[] = "--insecure-test-attester";
// The report in configfs that the files of a test have.
constexpr char kTestReport[] = "test";

absl::Status TestAttesterError(std::string_view why) {
  return UsageError(StrCat(kTestAttesterFlag, ": ", why));
}

absl::StatusOr<std::shared_ptr<Attester>> FindTestAttester(const std::string& directory) {
  if (ProtectsFromHost(DetectPlatform().platform)) {
    return TestAttesterError("is for tests outside a TEE, and this is one");
  }
  SOTTO_ASSIGN_OR_RETURN(
      std::shared_ptr<Attester> attester,
      MakeAttester(DetectPlatform(directory), {.root = directory, .tsm_report = kTestReport}));
  if (attester == nullptr) {
    return TestAttesterError(StrCat(directory, " has no files of a TEE that attests"));
  }
  Log(LogLevel::kError, StrCat(kTestAttesterFlag, ": quotes come from ", directory,
                               ", not from a TEE: THEY PROVE NOTHING, AND NOTHING IS PROTECTED"));
  return attester;
}

}  // namespace

Setting AddTestAttesterFlag(CLI::App& app) {
  return Setting(app, {.flag = kTestAttesterFlag,
                       .placeholder = "DIR",
                       .help = "FOR TESTS ONLY, PROVES NOTHING: quotes from the files of an "
                               "emulated TEE below DIR",
                       .shown_default = "the TEE this runs in"});
}

absl::StatusOr<std::shared_ptr<Attester>> FindAttester(const std::string& test_directory) {
  if (!test_directory.empty()) return FindTestAttester(test_directory);
  return MakeAttester(DetectPlatform());
}

}  // namespace sotto
