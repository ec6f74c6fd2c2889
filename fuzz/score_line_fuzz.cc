// Lines to score come from anywhere: no input may crash the parser, and what it accepts keeps its
// promises. So with the last lines of shares, which a killed process may have left as anything.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cli/prompt_json.h"
#include "cli/score_line.h"
#include "cli/score_shard.h"

namespace {

void CheckIdsOf(const sotto::TextOrIds& value) {
  if (!value.ids.has_value()) return;
  SOTTO_CHECK(!value.ids->empty() && value.text.empty());
  for (const int32_t id : *value.ids) SOTTO_CHECK(id >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto json = sotto::ParsePromptJson(line, "F");
  if (json.ok()) (void)sotto::ParseShardEnd(*json);
  const auto request = sotto::ParseScoreLine(line, "F: line 1");
  if (!request.ok()) return 0;
  SOTTO_CHECK(!request->id.is_structured());
  SOTTO_CHECK((request->kind == sotto::ScoreKind::kText) == request->continuations.empty());
  CheckIdsOf(request->context);
  for (const sotto::TextOrIds& continuation : request->continuations) {
    CheckIdsOf(continuation);
    SOTTO_CHECK(continuation.ids.has_value() == request->context.ids.has_value());
  }
  return 0;
}
