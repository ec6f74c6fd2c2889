// Several processes share the lines of one input: which is whose, and their files joined.
//
// Process I of N writes OUTPUT.shard-I-of-N: its lines, and a last one that says that they are
// complete and what they were made of. Whoever is the last to write that line, or scores a share
// once more, finds all shares complete and joins them to OUTPUT, to the byte what one process would
// have written.
#ifndef SOTTO_CLI_SCORE_SHARD_H_
#define SOTTO_CLI_SCORE_SHARD_H_

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/status.h"
#include "cli/score_job.h"

namespace sotto {

// "2/4": the second of four. UsageError naming --shard.
absl::StatusOr<Shard> ParseShard(const std::string& text);

// What the launcher of an MPI program says in the environment: Open MPI, MPICH and Intel MPI, or
// Slurm's srun. Alone where none says anything. UsageError naming the variables for what makes no
// sense.
absl::StatusOr<Shard> ShardOfLauncher();

std::string ShardPath(const std::string& output_path, const Shard& shard);

// A share's last line.
struct ShardEnd {
  size_t lines = 0;        // Of the whole input.
  std::string check = {};  // Of all of them (score_check.h).
  // What the input alone tells of a corpus.
  size_t texts = 0;
  std::optional<uint64_t> bytes = {};
  bool every_token = false;

  bool operator==(const ShardEnd&) const = default;
};
std::string ShardEndLine(const ShardEnd& end);
// Nullopt for a line of results.
std::optional<ShardEnd> ParseShardEnd(const nlohmann::ordered_json& line);

// What joining came to.
enum class Joined {
  kAll,      // OUTPUT is there, and the shares are gone.
  kNotYet,   // Some share is not complete, or another process has joined them.
  kDiffers,  // They are complete, but not all of one input, model and options.
};
// Joins the shares if all are complete. `last_line` gives what stands behind them, once
// `add` has seen every line; both may be null. Errors as base/file.h, and DATA_LOSS for a share
// that says to be complete and is not.
struct JoinedLines {
  std::function<absl::Status(const nlohmann::ordered_json& line)> add = {};
  std::function<std::string(const ShardEnd&)> last_line = {};
};
absl::StatusOr<Joined> JoinShards(const std::string& output_path, size_t count,
                                  const JoinedLines& lines);

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_SHARD_H_
