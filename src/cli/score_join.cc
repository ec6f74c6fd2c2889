// JoinShards of score_shard.h.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/strings.h"
#include "cli/line_reader.h"
#include "cli/prompt_json.h"
#include "cli/score_shard.h"

namespace sotto {
namespace {

// A last line is far shorter.
constexpr uint64_t kTailBytes = 4096;
constexpr size_t kWriteBytes = size_t{1} << 20;

// The end of a share; nullopt where it has none, or there is no share.
absl::StatusOr<std::optional<ShardEnd>> EndOfShard(const std::string& path) {
  const absl::StatusOr<InputFile> file = InputFile::Open(path);
  if (absl::IsNotFound(file.status())) return std::nullopt;
  SOTTO_RETURN_IF_ERROR(file.status());
  const uint64_t size = std::min(file->size(), kTailBytes);
  std::vector<uint8_t> bytes(size);
  SOTTO_RETURN_IF_ERROR(file->Read(file->size() - size, bytes));
  std::string_view tail = AsText(bytes);
  if (!tail.ends_with('\n')) return std::nullopt;
  tail.remove_suffix(1);
  const size_t before = tail.rfind('\n');
  if (before != std::string_view::npos) tail.remove_prefix(before + 1);
  const absl::StatusOr<nlohmann::ordered_json> line = ParsePromptJson(tail, path);
  return line.ok() ? ParseShardEnd(*line) : std::nullopt;
}

// The lines of one share, in order.
struct ShardLines {
  std::string path;
  LineReader reader;
  std::string line = {};  // Empty: all were taken.
  nlohmann::ordered_json json = {};
  std::optional<size_t> index = {};  // That line's; none behind the last.

  absl::Status Advance() {
    SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string_view> next, reader.Next());
    line = next.value_or("");
    index.reset();
    if (line.empty()) return absl::OkStatus();
    SOTTO_ASSIGN_OR_RETURN(json, ParsePromptJson(line, reader.source()));
    if (json.is_object() && json.contains("index") && json["index"].is_number_unsigned()) {
      index = json["index"].get<size_t>();
    }
    return absl::OkStatus();
  }
};

absl::StatusOr<std::vector<ShardLines>> OpenShards(const std::string& output_path, size_t count) {
  std::vector<ShardLines> shards;
  for (size_t i = 0; i < count; ++i) {
    const std::string path = ShardPath(output_path, {i, count});
    SOTTO_ASSIGN_OR_RETURN(LineReader reader, LineReader::Open(path));
    shards.push_back({path, std::move(reader)});
    SOTTO_RETURN_IF_ERROR(shards.back().Advance());
  }
  return shards;
}

// Lines 0, 1, .. of all shares.
absl::Status WriteJoined(std::vector<ShardLines>& shards, const ShardEnd& end,
                         const JoinedLines& lines, AtomicFile& output) {
  std::string block;
  for (size_t index = 0; index < end.lines; ++index) {
    ShardLines& shard = shards[index / Shard::kBlockLines % shards.size()];
    if (shard.index != index) {
      return absl::DataLossError(
          StrCat(shard.path, ": line ", index, " of the results is missing"));
    }
    if (lines.add) SOTTO_RETURN_IF_ERROR(lines.add(shard.json));
    block += shard.line;
    block += '\n';
    if (block.size() >= kWriteBytes) SOTTO_RETURN_IF_ERROR(output.Append(std::exchange(block, "")));
    SOTTO_RETURN_IF_ERROR(shard.Advance());
  }
  if (lines.last_line) block += lines.last_line(end);
  return output.Append(block);
}

// Held while shares are joined. A file system without locks joins them twice, to the same bytes.
Descriptor LockDirectoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path();
  Descriptor directory(open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_CLOEXEC));
  while (directory.get() >= 0 && flock(directory.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
  return directory;
}

}  // namespace

absl::StatusOr<Joined> JoinShards(const std::string& output_path, size_t count,
                                  const JoinedLines& lines) {
  const Descriptor lock = LockDirectoryOf(output_path);
  std::vector<ShardEnd> ends;
  for (size_t i = 0; i < count; ++i) {
    SOTTO_ASSIGN_OR_RETURN(std::optional<ShardEnd> end,
                           EndOfShard(ShardPath(output_path, {i, count})));
    if (!end.has_value()) return Joined::kNotYet;
    ends.push_back(*std::move(end));
  }
  for (const ShardEnd& end : ends) {
    if (end != ends[0]) return Joined::kDiffers;
  }
  SOTTO_ASSIGN_OR_RETURN(std::vector<ShardLines> shards, OpenShards(output_path, count));
  SOTTO_ASSIGN_OR_RETURN(AtomicFile output, AtomicFile::Create(output_path, {.owner_only = true}));
  SOTTO_RETURN_IF_ERROR(WriteJoined(shards, ends[0], lines, output));
  SOTTO_RETURN_IF_ERROR(output.Commit());
  for (const ShardLines& shard : shards) unlink(shard.path.c_str());
  return Joined::kAll;
}

}  // namespace sotto
