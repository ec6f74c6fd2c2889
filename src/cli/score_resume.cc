#include "cli/score_resume.h"

#include <optional>
#include <string_view>

#include "base/strings.h"
#include "cli/line_reader.h"
#include "cli/prompt_json.h"
#include "cli/score_shard.h"

namespace sotto {
namespace {

absl::Status OtherWork(std::string_view source) {
  return absl::FailedPreconditionError(
      StrCat(source,
             ": was not made of this input, model, precision and settings: resuming would "
             "mix two results"));
}

absl::Status NoResult(std::string_view source) {
  return absl::DataLossError(StrCat(source, ": is no line of results"));
}

// The next record that this process scores; nullopt at the input's end.
absl::StatusOr<std::optional<ScoreRecord>> NextOfShard(ScoreInput& input, const Shard& shard) {
  while (true) {
    SOTTO_ASSIGN_OR_RETURN(std::optional<ScoreRecord> record, input.Next());
    if (!record.has_value() || shard.Has(record->index)) return record;
  }
}

// The check of a line that ends results, of a corpus or a share.
std::optional<std::string> CheckOfEnd(const nlohmann::ordered_json& line) {
  const std::optional<ShardEnd> end = ParseShardEnd(line);
  if (end.has_value()) return end->check.substr(0, 16);
  if (!line.contains("corpus")) return std::nullopt;
  return line["check"].get<std::string>();
}

// Whether the line ends the results.
absl::StatusOr<bool> KeepLine(const nlohmann::ordered_json& line, std::string_view source,
                              const ScoreJob& job, ScoreInput& input, CorpusTotals& totals) {
  if (!line.is_object() || !line.contains("check") || !line["check"].is_string()) {
    return NoResult(source);
  }
  SOTTO_ASSIGN_OR_RETURN(const std::optional<ScoreRecord> record, NextOfShard(input, job.shard));
  if (const std::optional<std::string> end = CheckOfEnd(line)) {
    if (record.has_value() || !std::string_view(input.check()).starts_with(*end)) {
      return OtherWork(source);
    }
    return true;
  }
  if (!record.has_value() || record->check != line["check"]) return OtherWork(source);
  if (job.settings.corpus && !totals.Add(line).ok()) return OtherWork(source);
  return false;
}

}  // namespace

absl::StatusOr<KeptResults> KeepResults(const std::string& path, const ScoreJob& job,
                                        ScoreInput& input, CorpusTotals& totals) {
  SOTTO_ASSIGN_OR_RETURN(LineReader results, LineReader::Open(path));
  KeptResults kept;
  while (true) {
    SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string_view> text, results.Next());
    if (!text.has_value() || !results.terminated()) return kept;
    if (kept.complete) return OtherWork(results.source());
    const absl::StatusOr<nlohmann::ordered_json> line = ParsePromptJson(*text, "");
    if (!line.ok()) return NoResult(results.source());
    SOTTO_ASSIGN_OR_RETURN(kept.complete, KeepLine(*line, results.source(), job, input, totals));
    kept.bytes = results.end_offset();
    if (!kept.complete) ++kept.lines;
  }
}

bool AreUnfinished(const std::string& path, const ScoreJob& job, ScoreInput input) {
  CorpusTotals totals;
  const absl::StatusOr<KeptResults> kept = KeepResults(path, job, input, totals);
  if (!kept.ok() || kept->lines == 0 || kept->complete) return false;
  if (job.settings.corpus || !job.shard.alone()) return true;  // Their last line is missing.
  const absl::StatusOr<std::optional<ScoreRecord>> more = input.Next();
  return !more.ok() || more->has_value();
}

}  // namespace sotto
