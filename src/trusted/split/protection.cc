#include "trusted/split/protection.h"

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
