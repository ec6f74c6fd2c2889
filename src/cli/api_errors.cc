#include "cli/api_errors.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "protocol/tls_probe.h"
#include "trusted/split/server_identities.h"
#include "trusted/tokenizer/tokenizer_config.h"

namespace sotto {
namespace {

// Fields of PrefillOptions, SplitOptions and ModelOptions that errors begin with.
struct FieldFlag {
  std::string_view field, flag;
};
constexpr std::array<FieldFlag, 17> kFlags = {{
    {"attention_precision", "--attention-precision"},
    {"batch_size", "--batch-size"},
    {"endpoints", "--accelerator"},
    {"fixed_weights", "--fixed-weights"},
    {"key_file", "--key-file"},
    {"model_sha256", "--model-sha256"},
    {"oblivious_embedding", "--oblivious-embedding"},
    {"pinned_keys", "--accelerator-key"},
    {"precision", "--precision"},
    {"prefill_length", "--prefill-length"},
    {"protection", "--protection"},
    {"retries", "--retries"},
    {"roots", "--accelerator-ca"},
    {"sealed_root", "--weights-root"},
    {"threads", "--threads"},
    {"weight_cache_dir", "--weight-cache"},
    {"weights_sha256", "--weights-sha256"},
}};

// What errors advise in words, and the flags that do it.
struct AdviceFlags {
  std::string_view advice, flags;
};
constexpr std::array<AdviceFlags, 8> kAdvice = {{
    {kBosCanBeAdded, "--bos always"},
    {kBosCanBeOmitted, "--bos never"},
    {kCertificateRefused, "--tls-cert"},
    {kCertificateRequired, "--tls-cert and --tls-key"},
    {kPinKeysInstead, "--accelerator-key"},
    {kTlsToEvery, "--accelerator-key or --accelerator-ca"},
    {kTrustForEvery, "--accelerator-key or --accelerator-ca"},
    {kTrustRequired, "--accelerator-key or --accelerator-ca"},
}};

}  // namespace

absl::Status InFlagTerms(const absl::Status& status) {
  const std::string message(ToStd(status.message()));
  const std::string field = message.substr(0, message.find(':'));
  const auto found = std::ranges::find(kFlags, std::string_view(field), &FieldFlag::field);
  if (field.size() == message.size() || found == kFlags.end()) return status;
  return absl::Status(status.code(), StrCat(found->flag, message.substr(field.size())));
}

std::string WithFlagAdvice(std::string_view message) {
  std::string text(message);
  for (const AdviceFlags& entry : kAdvice) {
    if (message.find(entry.advice) == std::string_view::npos) continue;
    text += StrCat(" (", entry.flags, ")");
  }
  return text;
}

}  // namespace sotto
