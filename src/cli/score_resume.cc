#include "cli/score_resume.h"

#include <optional>
#include <string_view>

#include "base/strings.h"
#include "cli/line_reader.h"
#include "cli/prompt_json.h"
#include "cli/score_difference.h"
#include "cli/score_shard.h"

namespace sotto {
namespace {

absl::Status OtherWork(std::string_view source, std::string_view how) {
  return absl::FailedPreconditionError(
      StrCat(source, ": was ", how, ": resuming would mix two results"));
}

constexpr std::string_view kOfOtherWork = "not made of this input, model, precision and settings";

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

// Why the check of the line of results behind `kept` lines is not `record`'s. What is before them
// is alike, so that behind the first line only the input can differ.
absl::Status Mismatch(std::string_view source, const nlohmann::ordered_json& line, size_t kept,
                      const ScoreJob& job, const ScoreInput& input, const ScoreRecord& record) {
  if (kept > 0) {
    return OtherWork(source, StrCat("made of another input, which differs at ", record.source,
                                    job.shard.alone() ? "" : " or a little before it"));
  }
  if (record.index > 0) return OtherWork(source, kOfOtherWork);
  const std::optional<std::string> setting =
      DifferingSetting(input.settings(), CheckedBytes(record), line);
  if (setting.has_value()) return OtherWork(source, StrCat("made ", *setting));
  return OtherWork(source, StrCat(kOfOtherWork, " (not one setting alone differs)"));
}

// Whether the line ends the results; behind `kept` others.
absl::StatusOr<bool> KeepLine(const nlohmann::ordered_json& line, std::string_view source,
                              size_t kept, const ScoreJob& job, ScoreInput& input,
                              CorpusTotals& totals) {
  if (!line.is_object() || !line.contains("check") || !line["check"].is_string()) {
    return NoResult(source);
  }
  SOTTO_ASSIGN_OR_RETURN(const std::optional<ScoreRecord> record, NextOfShard(input, job.shard));
  if (const std::optional<std::string> end = CheckOfEnd(line)) {
    if (record.has_value()) {
      return OtherWork(source, StrCat("made of an input that ended before ", record->source));
    }
    if (!std::string_view(input.check()).starts_with(*end)) return OtherWork(source, kOfOtherWork);
    return true;
  }
  if (!record.has_value()) return OtherWork(source, "made of an input with more lines");
  if (record->check != line["check"]) return Mismatch(source, line, kept, job, input, *record);
  if (job.settings.corpus && !totals.Add(line).ok()) return OtherWork(source, kOfOtherWork);
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
    if (kept.complete) return OtherWork(results.source(), kOfOtherWork);
    const absl::StatusOr<nlohmann::ordered_json> line = ParsePromptJson(*text, "");
    if (!line.ok()) return NoResult(results.source());
    SOTTO_ASSIGN_OR_RETURN(kept.complete,
                           KeepLine(*line, results.source(), kept.lines, job, input, totals));
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
