#include "cli/score_run.h"

#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/temporary_files.h"
#include "cli/api_errors.h"
#include "cli/command.h"
#include "cli/hash_text.h"
#include "cli/head_check.h"
#include "cli/head_output.h"
#include "cli/kept_lines.h"
#include "cli/protection_facts.h"
#include "cli/result_file.h"
#include "cli/run_messages.h"
#include "cli/run_receipt.h"
#include "cli/score_check.h"
#include "cli/score_input.h"
#include "cli/score_lengths.h"
#include "cli/score_output.h"
#include "cli/score_resume.h"
#include "cli/score_rounds.h"
#include "cli/score_shard.h"
#include "model/sealed_model.h"
#include "model/sha256.h"
#include "trusted/api/weight_cache_policy.h"
#include "trusted/tee/platform.h"

namespace sotto {
namespace {

bool IsFile(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

std::string DoneText(const ScoreJob& job, const ScoreCounts& counts, size_t kept) {
  std::string text =
      job.prefill.pad_compute
          ? StrCat(CountOf(counts.rows, "row"), ", ",
                   CountOf(counts.rows * job.prefill.prefill_length, "position"))
          : StrCat(CountOf(counts.lines, "line"), ", ",
                   CountOf(counts.tokens,
                           job.settings.task == LineTask::kScore ? "scored token" : "token"));
  text += StrCat(" in ", SecondsText(counts.seconds));
  return kept > 0 ? StrCat(text, ", behind ", CountOf(kept, "line"), " that were there") : text;
}

// One run: the files, and what they hold so far.
class ScoreTask {
 public:
  ScoreTask(ScoreJob& job, const Model& model, ModelDigestSet digests)
      : job_(job),
        model_(model),
        digests_(std::move(digests)),
        settings_(CheckedSettings(job, digests_.model)),
        encoder_(model, job.settings, job.prefill.prefill_length),
        path_(job.shard.alone() ? job.output_path : ShardPath(job.output_path, job.shard)) {}

  absl::Status Run() {
    if (job_.receipt.wanted()) {
      SOTTO_ASSIGN_OR_RETURN(RunReceipt receipt, RunReceipt::Begin(job_.receipt));
      receipt_.emplace(std::move(receipt));
    }
    if (job_.resume && !job_.shard.alone() && !IsFile(path_) && IsFile(job_.output_path)) {
      return CheckJoined();
    }
    SOTTO_ASSIGN_OR_RETURN(ScoreInput input, ScoreInput::Open(job_, settings_, encoder_));
    if (job_.array) return RunArray(input);
    SOTTO_RETURN_IF_ERROR(RunLines(input));
    return job_.shard.alone() ? absl::OkStatus() : Join();
  }

 private:
  // The file appears, or is replaced, once it is whole.
  absl::Status RunArray(ScoreInput& input) {
    SOTTO_ASSIGN_OR_RETURN(AtomicFile output, AtomicFile::Create(path_, {.owner_only = true}));
    if (output.direct()) {
      return absl::InvalidArgumentError(
          StrCat(DisplayName(path_), ": an .npy file's header is written last, not into a pipe"));
    }
    SOTTO_RETURN_IF_ERROR(output.Append(std::string(kArrayHeaderBytes, '\0')));
    const ResultSink write = [&](const std::string& block, size_t) { return output.Append(block); };
    SOTTO_ASSIGN_OR_RETURN(const ScoreCounts counts,
                           ScoreRounds(job_, model_, input, write, totals_).Run());
    const size_t dimensions = job_.settings.embed.dimensions;
    SOTTO_RETURN_IF_ERROR(output.WriteAt(
        0, ArrayHeader(input.records(), dimensions > 0 ? dimensions : model_.info().hidden_size)));
    SOTTO_RETURN_IF_ERROR(output.Commit());
    SayDone(counts, 0);
    return absl::OkStatus();
  }

  absl::Status RunLines(ScoreInput& input) {
    SOTTO_ASSIGN_OR_RETURN(ResultFile output, ResultFile::Open(path_));
    KeptResults kept;
    if (job_.resume && output.regular()) {
      SOTTO_ASSIGN_OR_RETURN(kept, KeepResults(path_, job_, input, totals_));
    } else if (output.regular() && output.size_bytes() > 0) {
      SOTTO_RETURN_IF_ERROR(CheckNotUnfinished());
    }
    ScoreCounts counts;
    if (kept.complete) {
      SOTTO_RETURN_IF_ERROR(output.StartAt(kept.bytes));
    } else {
      SOTTO_ASSIGN_OR_RETURN(counts, RunRounds(input, output, kept));
    }
    SOTTO_RETURN_IF_ERROR(output.Finish());
    if (receipt_.has_value()) SOTTO_RETURN_IF_ERROR(Sign(input, counts));
    SayDone(counts, kept.lines);
    return absl::OkStatus();
  }

  // Of all that was read and written: nothing was kept.
  absl::Status Sign(ScoreInput& input, const ScoreCounts& counts) {
    if (!counts.precision.has_value()) {
      return absl::FailedPreconditionError(StrCat(
          "--receipt: there is none, since nothing was computed: ", DisplayName(job_.input_path),
          " holds no line"));
    }
    return receipt_->Finish(
        {.command = kTaskNames[static_cast<size_t>(job_.settings.task)],
         .files = {.input_sha256 = input.FinishHash(), .output_sha256 = written_.FinishHex()},
         .model_name = model_.info().name,
         .model = digests_,
         .protection = ProtectionFactsOf(job_.prefill, *counts.precision),
         .usage = counts.usage});
  }

  // What was there stays as it was until there are results to be written behind it.
  absl::StatusOr<ScoreCounts> RunRounds(ScoreInput& input, ResultFile& output,
                                        const KeptResults& kept) {
    KeptLines lines(DisplayName(path_),
                    {.resumable = output.regular() && IsRepeatable(job_.prefill),
                     .counted = !job_.prefill.pad_compute});
    lines.Set(kept.lines);
    bool started = false;
    const ResultSink write = [&](const std::string& block, size_t done) {
      if (!std::exchange(started, true)) SOTTO_RETURN_IF_ERROR(output.StartAt(kept.bytes));
      SOTTO_RETURN_IF_ERROR(output.Append(block));
      if (receipt_.has_value()) HashText(block, written_);
      lines.Set(kept.lines + done);
      return absl::OkStatus();
    };
    absl::StatusOr<ScoreCounts> counts = ScoreRounds(job_, model_, input, write, totals_).Run();
    if (!counts.ok()) return lines.AddTo(counts.status());
    SOTTO_ASSIGN_OR_RETURN(const std::string end, EndOf(input));
    SOTTO_RETURN_IF_ERROR(write(end, counts->lines));
    return counts;
  }

  // Of an input that can be read twice. A precision that is measured could be another this time.
  absl::Status CheckNotUnfinished() const {
    if (!IsFile(job_.input_path) || DescriptorOfPath(job_.input_path).has_value() ||
        !IsRepeatable(job_.prefill)) {
      return absl::OkStatus();
    }
    SOTTO_ASSIGN_OR_RETURN(ScoreInput input, ScoreInput::Open(job_, settings_, encoder_));
    if (!AreUnfinished(path_, job_, std::move(input))) return absl::OkStatus();
    return absl::FailedPreconditionError(
        StrCat(DisplayName(path_),
               ": holds the first of these results; go on with --resume, or remove it to start "
               "anew"));
  }

  void SayDone(const ScoreCounts& counts, size_t kept) const {
    WarnOfDoubledBos(counts.doubled_bos);
    Notice(StrCat(DoneText(job_, counts, kept), ": ", DisplayName(path_)));
  }

  std::string LastLine(const CorpusTotals& totals, const ShardEnd& end) const {
    return totals.Line({.texts = end.texts,
                        .bytes = end.bytes,
                        .every_token = end.every_token,
                        .length = job_.prefill.prefill_length,
                        .settings = job_.settings,
                        .check = end.check});
  }

  // The last line, where results have one.
  absl::StatusOr<std::string> EndOf(const ScoreInput& input) const {
    if (job_.settings.corpus && input.texts() == 0) {
      return absl::InvalidArgumentError(StrCat(DisplayName(job_.input_path), ": contains no text"));
    }
    const ShardEnd end{.lines = input.records(),
                       .check = input.check(),
                       .texts = input.texts(),
                       .bytes = input.text_bytes(),
                       .every_token = input.every_token()};
    if (!job_.shard.alone()) return ShardEndLine(end);
    return job_.settings.corpus ? LastLine(totals_, end) : "";
  }

  absl::Status Join() {
    CorpusTotals totals;
    JoinedLines lines;
    if (job_.settings.corpus) {
      lines.add = [&](const nlohmann::ordered_json& line) { return totals.Add(line); };
      lines.last_line = [&](const ShardEnd& end) { return LastLine(totals, end); };
    }
    SOTTO_ASSIGN_OR_RETURN(const Joined joined,
                           JoinShards(job_.output_path, job_.shard.count, lines));
    if (joined == Joined::kAll) {
      Notice(StrCat("joined ", job_.shard.count, " shares: ", job_.output_path));
    } else if (joined == Joined::kDiffers) {
      Log(LogLevel::kWarning, StrCat(job_.output_path,
                                     ": not joined, since a share beside it is of another input, "
                                     "model, precision or settings"));
    }
    return absl::OkStatus();
  }

  // Another process has joined the shares: is this all, and the right one?
  absl::Status CheckJoined() {
    ScoreJob whole = job_;
    whole.shard = {};
    SOTTO_ASSIGN_OR_RETURN(ScoreInput input, ScoreInput::Open(whole, settings_, encoder_));
    CorpusTotals totals;
    SOTTO_ASSIGN_OR_RETURN(const KeptResults kept,
                           KeepResults(job_.output_path, whole, input, totals));
    SOTTO_ASSIGN_OR_RETURN(const std::optional<ScoreRecord> more, input.Next());
    if (more.has_value() || kept.complete != job_.settings.corpus) {
      return absl::FailedPreconditionError(
          StrCat(job_.output_path,
                 ": holds the beginning of the results; one process alone can "
                 "resume it"));
    }
    Notice(StrCat(CountOf(kept.lines, "line"), " that were there are all: ", job_.output_path));
    return absl::OkStatus();
  }

  // The host of a TEE reads messages; the results tell it everywhere.
  static void WarnOfDoubledBos(size_t lines) {
    if (lines == 0 || ProtectsFromHost(DetectPlatform().platform)) return;
    Log(LogLevel::kWarning, StrCat(CountOf(lines, "line"),
                                   " with \"doubled_bos\": the text begins with the BOS token "
                                   "that is put before every text; see --bos, --special-tokens"));
  }

  ScoreJob& job_;
  const Model& model_;
  const ModelDigestSet digests_;
  const std::string settings_;
  const ScoreEncoder encoder_;
  const std::string path_;
  CorpusTotals totals_;
  std::optional<RunReceipt> receipt_;
  Sha256 written_;  // For the receipt.
};

}  // namespace

absl::Status RunScore(ScoreJob job) {
  if (!job.array) SayOfOutputs(kNothingWritten);
  if (!job.prefill.weight_cache_dir.empty()) {  // Early; Prefill::Create() sees to it again.
    SOTTO_RETURN_IF_ERROR(InFlagTerms(CheckWeightCache(
        {.sealed = IsSealedModelPath(job.model_path), .platform = DetectPlatform().platform})));
  }
  WarnBeforePrompts(job);
  absl::StatusOr<Model> model = Model::Open(job.model_path, job.model);
  SOTTO_RETURN_IF_ERROR(InFlagTerms(model.status()));
  SayModel(job, model->info(), job.settings.encoding.bos);
  SOTTO_RETURN_IF_ERROR(CheckHead(model->info(), job.settings.task));
  if (job.settings.task == LineTask::kEmbed) {
    WarnOfEmbedding(model->info(), job.settings.embed, "--pooling");
  }
  SOTTO_RETURN_IF_ERROR(ResolveForModel(model->info(), job));
  SOTTO_ASSIGN_OR_RETURN(ModelDigestSet digests, model->Digests());
  return ScoreTask(job, *model, std::move(digests)).Run();
}

}  // namespace sotto
