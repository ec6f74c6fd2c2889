#include "cli/score_shard.h"

#include <charconv>
#include <cstdlib>
#include <span>

#include "base/strings.h"
#include "cli/command.h"

namespace sotto {
namespace {

constexpr size_t kMostShards = 10'000;

// The variables by which launchers tell a process its rank and the number of ranks. Slurm's
// SLURM_NTASKS would do for a batch script, which runs once, too.
struct LauncherVariables {
  const char *rank, *size;
};
constexpr LauncherVariables kLaunchers[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", "PMI_SIZE"},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
};

std::optional<size_t> WholeNumber(std::string_view text) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

absl::StatusOr<Shard> ParseShard(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash != std::string::npos) {
    const auto number = WholeNumber(std::string_view(text).substr(0, slash));
    const auto count = WholeNumber(std::string_view(text).substr(slash + 1));
    if (number.value_or(0) >= 1 && number <= count && count <= kMostShards) {
      return Shard{.number = *number - 1, .count = *count};
    }
  }
  return UsageError(StrCat("--shard: must be I/N, with I from 1 to N and N at most ", kMostShards));
}

absl::StatusOr<Shard> ShardOfLauncher() {
  for (const LauncherVariables& variables : kLaunchers) {
    const char* const rank = std::getenv(variables.rank);
    const char* const size = std::getenv(variables.size);
    if (rank == nullptr || size == nullptr) continue;
    const auto number = WholeNumber(rank), count = WholeNumber(size);
    if (number.has_value() && number < count && count <= kMostShards) {
      return Shard{.number = *number, .count = *count};
    }
    return UsageError(StrCat(variables.rank, ", ", variables.size,
                             ": are not a rank and a number of ranks (at most ", kMostShards, ")"));
  }
  return Shard();
}

std::string ShardPath(const std::string& output_path, const Shard& shard) {
  return StrCat(output_path, ".shard-", shard.number + 1, "-of-", shard.count);
}

std::string ShardEndLine(const ShardEnd& end) {
  nlohmann::ordered_json json;
  json["shard_of_lines"] = end.lines;
  json["texts"] = end.texts;
  if (end.bytes.has_value()) json["bytes"] = *end.bytes;
  json["every_token"] = end.every_token;
  json["check"] = end.check;
  return json.dump() + "\n";
}

std::optional<ShardEnd> ParseShardEnd(const nlohmann::ordered_json& line) {
  if (!line.is_object() || !line.contains("shard_of_lines")) return std::nullopt;
  const auto number = [&](const char* member) -> std::optional<uint64_t> {
    if (!line.contains(member) || !line[member].is_number_unsigned()) return std::nullopt;
    return line[member].get<uint64_t>();
  };
  const std::optional<uint64_t> lines = number("shard_of_lines"), texts = number("texts");
  if (!lines.has_value() || !texts.has_value() || !line.contains("check") ||
      !line["check"].is_string()) {
    return std::nullopt;
  }
  return ShardEnd{.lines = *lines,
                  .check = line["check"].get<std::string>(),
                  .texts = *texts,
                  .bytes = number("bytes"),
                  .every_token = line.contains("every_token") && line["every_token"] == true};
}

}  // namespace sotto
