#include "cli/flag_needs.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "cli/command.h"
#include "trusted/api/split_backend.h"

namespace sotto {
namespace {

bool HasPads(const SplitOptions& split) { return ProtectionOf(split) == Protection::kPads; }
bool HasShares(const SplitOptions& split) { return ProtectionOf(split) == Protection::kShares; }
bool MayRelay(const SplitOptions& split) {
  return HasShares(split) && split.endpoints.size() == 2 && split.relay != RelayUse::kNever;
}
bool PacksNoWeights(const SplitOptions&) { return false; }

struct FlagNeed {
  std::string_view flag;
  bool (*met)(const SplitOptions&);
  std::string_view what;
};
constexpr std::array<FlagNeed, 7> kNeeds = {{
    {"--pad-memory", HasPads, "protection pads"},
    {"--pad-dir", HasPads, "protection pads"},
    {"--pad-disk", HasPads, "protection pads"},
    {"--when-out", HasPads, "protection pads"},
    {"--insecure-channels", HasShares, "protection shares"},
    {"--relay-peer", MayRelay, "protection shares with two servers, without --no-relay"},
    {"--weight-cache", PacksNoWeights, "a run without --split"},
}};

struct FlagPair {
  std::string_view flag, other;
};
constexpr std::array<FlagPair, 1> kPairs = {{{"--pad-disk", "--pad-dir"}}};

bool IsGiven(const CLI::App& app, std::string_view flag) {
  const CLI::Option* option = app.get_option_no_throw(std::string(flag));
  return option != nullptr && option->count() > 0;
}

}  // namespace

absl::Status CheckFlagNeeds(const CLI::App& app, std::span<const SplitOptions> splits) {
  for (const FlagNeed& need : kNeeds) {
    if (!IsGiven(app, need.flag) || std::any_of(splits.begin(), splits.end(), need.met)) continue;
    return UsageError(StrCat(need.flag, ": has no effect here; it needs ", need.what));
  }
  for (const FlagPair& pair : kPairs) {
    if (!IsGiven(app, pair.flag) || IsGiven(app, pair.other)) continue;
    return UsageError(StrCat(pair.flag, ": has no effect without ", pair.other));
  }
  return absl::OkStatus();
}

}  // namespace sotto
