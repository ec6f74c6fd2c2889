#include "trusted/identity/receipt_events.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

Json NameOrNull(const std::string& name) { return name.empty() ? Json() : Json(name); }

}  // namespace

Json ModelEvent(const ModelDigestSet& digests) {
  return {{"type", "sotto.model"},
          {"model_sha256", digests.model},
          {"config_sha256", digests.config},
          {"tokenizer_sha256", NameOrNull(digests.tokenizer)},
          {"weights_sha256", digests.weights}};
}

Json ProtectionEvent(const ProtectionFacts& facts) {
  return {{"type", "sotto.protection"},
          {"sotto_version", SOTTO_VERSION},
          {"platform", facts.platform},
          {"hidden_from_host", facts.hidden_from_host},
          {"protection", NameOrNull(facts.protection)},
          {"accelerators", facts.accelerators},
          {"precision", facts.precision},
          {"attention_precision", facts.attention_precision}};
}

Json UsageEvent(const UsageFacts& facts) {
  return {{"type", "sotto.usage"},
          {"prompts", facts.prompts},
          {"tokens", facts.tokens},
          {"exchanges_verified", facts.exchanges_verified}};
}

}  // namespace sotto
