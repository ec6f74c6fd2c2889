#include "cli/api_errors.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/strings.h"

namespace sotto {
namespace {

// Fields of PrefillOptions, SplitOptions and ModelOptions that errors name.
struct FieldFlag {
  std::string_view field, flag;
};
constexpr std::array<FieldFlag, 13> kFlags = {{
    {"accelerator", "--accelerator"},
    {"accelerator_ca", "--accelerator-ca"},
    {"accelerator_key", "--accelerator-key"},
    {"attention_precision", "--attention-precision"},
    {"batch_size", "--batch-size"},
    {"oblivious_embedding", "--oblivious-embedding"},
    {"precision", "--precision"},
    {"prefill_length", "--prefill-length"},
    {"protection", "--protection"},
    {"retries", "--retries"},
    {"sealed_root", "--weights-root"},
    {"threads", "--threads"},
    {"weight_cache", "--weight-cache"},
}};

}  // namespace

absl::Status InFlagTerms(const absl::Status& status) {
  const std::string message(ToStd(status.message()));
  const std::string field = message.substr(0, message.find(':'));
  const auto found = std::ranges::find(kFlags, std::string_view(field), &FieldFlag::field);
  if (field.size() == message.size() || found == kFlags.end()) return status;
  return absl::Status(status.code(), StrCat(found->flag, message.substr(field.size())));
}

}  // namespace sotto
