#include "cli/score_flags.h"

#include <array>
#include <limits>
#include <string_view>

#include "base/strings.h"
#include "cli/command.h"
#include "sotto/scores.h"

namespace sotto {
namespace {

constexpr int64_t kLongestStride = std::numeric_limits<int32_t>::max();
// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kCounts = {"huggingface", "llama.cpp"};

}  // namespace

ScoreFlags::ScoreFlags(CLI::App& app)
    : lines_(app, {.input = "What to score: a JSON line for each text or question, or with "
                            "--input-format text a text a line; - for standard input"}),
      stride_(app, {.flag = "--stride",
                    .placeholder = "N",
                    .help = "Score texts longer than --prefill-length in windows of that length "
                            "that begin every N tokens",
                    .shown_default = "with --corpus half of --prefill-length"}),
      corpus_(AddSwitch(app, "--corpus",
                        "Score all texts, a whole text file being one, in windows, and end with "
                        "one perplexity of them all")),
      count_as_(app, {.flag = "--count-as",
                      .placeholder = "WHOSE",
                      .help = "With --corpus: which tokens of a window count: huggingface (those "
                              "new in it) or llama.cpp (its second half, without overlap)",
                      .default_value = "huggingface"}),
      top_k_(app, {.flag = "--top-k",
                   .placeholder = "N",
                   .help = StrCat("List the N most likely tokens, at most ", kMaxTopK,
                                  ", in the place of each scored one"),
                   .shown_default = "no list"}),
      sums_only_(AddSwitch(app, "--sums-only", "Write sums, but no values of single tokens")),
      receipt_(app),
      execution_(app, kLineDefaults) {}

absl::Status ScoreFlags::ReadWindows(ScoreSettings& settings) const {
  settings.corpus = corpus_->count() > 0;
  if (stride_.given()) {
    SOTTO_ASSIGN_OR_RETURN(settings.stride, stride_.Integer(1, kLongestStride));
  }
  SOTTO_ASSIGN_OR_RETURN(const size_t count, count_as_.Choice(kCounts));
  settings.count = static_cast<WindowCount>(count);
  if (count_as_.given() && !settings.corpus) {
    return UsageError("--count-as: has no effect without --corpus");
  }
  if (settings.truncate_left && (settings.corpus || settings.stride.has_value())) {
    return UsageError("--truncate-left: cannot be combined with --corpus or --stride");
  }
  if (settings.stride.has_value() && settings.count == WindowCount::kLlamaCpp) {
    return UsageError("--stride: has no effect with --count-as llama.cpp");
  }
  return absl::OkStatus();
}

absl::Status ScoreFlags::ReadSettings(ScoreSettings& settings) const {
  SOTTO_RETURN_IF_ERROR(ReadWindows(settings));
  settings.sums_only = sums_only_->count() > 0;
  if (!top_k_.given()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(settings.top_k, top_k_.Integer(1, int64_t{kMaxTopK}));
  if (settings.sums_only || settings.corpus) {
    return UsageError("--top-k: cannot be combined with --sums-only or --corpus");
  }
  return absl::OkStatus();
}

// A receipt is of all that was read and written, by this process.
absl::Status ScoreFlags::ReadReceipt(ScoreJob& job) const {
  SOTTO_ASSIGN_OR_RETURN(job.receipt, receipt_.Read());
  if (!job.receipt.wanted()) return absl::OkStatus();
  if (job.resume) return NoReceiptWith("--resume");
  if (!job.shard.alone())
    return NoReceiptWith("--shard, nor with a launcher that shares lines out");
  return absl::OkStatus();
}

absl::StatusOr<ScoreJob> ScoreFlags::Read() const {
  SOTTO_RETURN_IF_ERROR(execution_.ApplyLogLevel());
  ScoreJob job;
  SOTTO_RETURN_IF_ERROR(lines_.ReadLines(job));
  SOTTO_RETURN_IF_ERROR(ReadSettings(job.settings));
  SOTTO_RETURN_IF_ERROR(ReadReceipt(job));
  SOTTO_RETURN_IF_ERROR(lines_.ReadRun(execution_, job));
  SOTTO_RETURN_IF_ERROR(CheckReceiptRun(job.receipt, job));
  return job;
}

}  // namespace sotto
