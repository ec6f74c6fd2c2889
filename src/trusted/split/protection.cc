#include "trusted/split/protection.h"

#include <utility>

#include "base/strings.h"

namespace sotto {
namespace {

std::vector<const ProtectionSpec*>& Table() {
  static auto& table =
      *new std::vector<const ProtectionSpec*>{&kSharesProtection, &kPadsProtection};
  return table;
}

}  // namespace

const ProtectionSpec* FindProtection(Protection protection) {
  for (const ProtectionSpec* spec : Table()) {
    if (spec->protection == protection) return spec;
  }
  return nullptr;
}

void AddProtection(const ProtectionSpec& spec) {
  if (FindProtection(spec.protection) == nullptr) Table().push_back(&spec);
}

absl::Status ConnectBlinded(ProtectionInput input, std::unique_ptr<Blinder> blinder,
                            SplitLinear& split) {
  OffloadedOptions options;
  options.exchange_rows = input.setup.exchange_rows;
  options.caught = std::move(input.caught);
  auto linear = std::make_unique<OffloadedLinear>(std::move(input.layers), std::move(blinder),
                                                  std::move(input.channels), options);
  split.stats = [l = linear.get()] { return l->stats(); };
  split.linear = std::move(linear);
  return absl::OkStatus();
}

std::string_view ProtectionName(Protection protection) {
  switch (protection) {
    case Protection::kPlain:
      return "plain";
    case Protection::kShares:
      return "shares";
    case Protection::kPads:
      break;
  }
  return "pads";
}

absl::StatusOr<Protection> ParseProtection(std::string_view name, size_t endpoints) {
  if (name == "auto") return endpoints >= 2 ? Protection::kShares : Protection::kPads;
  for (Protection protection : {Protection::kPlain, Protection::kShares, Protection::kPads}) {
    if (name == ProtectionName(protection)) return protection;
  }
  return absl::InvalidArgumentError(
      StrCat("\"", name, "\" is not one of auto, shares, pads or plain"));
}

}  // namespace sotto
