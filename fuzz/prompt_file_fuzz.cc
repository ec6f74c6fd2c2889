// Prompt files come from anywhere: no input may crash the parser, and what it accepts keeps its
// promises. The first byte picks the format.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cli/prompt_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto format = static_cast<sotto::PromptFormat>(data[0] % 3);
  const std::string_view contents(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto prompts = sotto::ParsePrompts(contents, format, "F");
  if (!prompts.ok()) return 0;
  SOTTO_CHECK(!prompts->empty());
  for (const sotto::Prompt& prompt : *prompts) {
    SOTTO_CHECK(!prompt.id.is_structured());
    if (!prompt.ids.has_value()) continue;
    SOTTO_CHECK(!prompt.ids->empty());
    for (const int32_t id : *prompt.ids) SOTTO_CHECK(id >= 0);
  }
  return 0;
}
