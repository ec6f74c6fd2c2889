#include "cli/score_rounds.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "cli/api_errors.h"
#include "cli/progress.h"
#include "cli/prompt_json.h"
#include "cli/run_messages.h"

namespace sotto {
namespace {

// Batches enough that a shorter last one matters little.
constexpr size_t kBatchesPerRound = 4;
// With padding: as many rows as make the pause between rounds short beside them, but no more
// positions than this, whose scores are kept.
constexpr size_t kPaddedRows = 256, kPaddedPositions = size_t{1} << 18;
// What reading and writing take is hidden by waiting for the next whole one.
constexpr std::chrono::milliseconds kPeriod{500};

// Of embeddings of every position, whose numbers are kept: a batch or, with padding, so many
// numbers.
constexpr size_t kPaddedNumbers = size_t{1} << 26;

size_t RoundRows(const ScoreJob& job, size_t hidden_size) {
  const PrefillOptions& options = job.prefill;
  const bool all =
      job.settings.task == LineTask::kEmbed && job.settings.embed.pooling == Pooling::kAll;
  if (!options.pad_compute) return (all ? 1 : kBatchesPerRound) * options.batch_size;
  const size_t positions =
      all ? std::min(kPaddedPositions, kPaddedNumbers / hidden_size) : kPaddedPositions;
  const size_t rows = std::min(kPaddedRows, positions / options.prefill_length);
  return std::max<size_t>(rows / options.batch_size, 1) * options.batch_size;
}

}  // namespace

ScoreRounds::ScoreRounds(ScoreJob& job, const Model& model, ScoreInput& input, ResultSink write,
                         CorpusTotals& totals)
    : job_(job),
      model_(model),
      input_(input),
      write_(std::move(write)),
      totals_(totals),
      padded_(job.prefill.pad_compute),
      round_rows_(RoundRows(job, model.info().hidden_size)) {}

absl::Status ScoreRounds::CreatePrefill() {
  std::optional<StatusLine> loading(std::in_place, job_.progress, LoadingLine);
  while (true) {
    absl::StatusOr<Prefill> prefill = Prefill::Create(model_, job_.prefill);
    // A batch that nobody asked for gives way where memory is short.
    if (absl::IsFailedPrecondition(prefill.status()) && job_.default_batch &&
        job_.prefill.batch_size > 1) {
      job_.prefill.batch_size /= 2;
      continue;
    }
    SOTTO_RETURN_IF_ERROR(InFlagTerms(prefill.status()));
    prefill_.emplace(*std::move(prefill));
    SayPrecision(*prefill_);
    counts_.precision = prefill_->precision();
    return absl::OkStatus();
  }
}

absl::Status ScoreRounds::ReadItem() {
  SOTTO_ASSIGN_OR_RETURN(std::optional<ScoreRecord> record, input_.Next());
  if (!record.has_value()) {
    at_end_ = true;
    return absl::OkStatus();
  }
  if (!job_.shard.Has(record->index)) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(ScoreItem item, input_.Item(*std::move(record)));
  items_.push_back(std::move(item));
  ScoreItem& added = items_.back();
  for (size_t row = 0; row < added.rows.size(); ++row) waiting_.emplace_back(&added, row);
  counts_.doubled_bos += added.doubled_bos;
  return absl::OkStatus();
}

void ScoreRounds::Fill() {
  // With padding one row more, which tells whether the round is the last.
  const size_t wanted = round_rows_ + (padded_ ? 1 : 0);
  while (!at_end_ && read_error_.ok() && waiting_.size() < wanted) {
    if (!padded_ && !waiting_.empty() && !input_.Ready()) return;
    read_error_ = ReadItem();
  }
}

std::vector<ScoreRounds::RowOfItem> ScoreRounds::TakeRows() {
  const size_t count = padded_ ? std::min(round_rows_, waiting_.size()) : waiting_.size();
  std::vector<RowOfItem> rows(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(count));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(count));
  return rows;
}

void ScoreRounds::Finish(const RowOfItem& row, size_t tokens) {
  counts_.tokens += tokens;
  ++row.first->rows_done;
}

void ScoreRounds::AskForScores(const std::vector<RowOfItem>& rows, RunRequest& request) {
  ScoreOptions& options = request.score_options;
  options.top_k = job_.settings.top_k.value_or(1);
  for (size_t prompt = 0; prompt < rows.size(); ++prompt) {
    const ScoreRow& row = rows[prompt].first->rows[rows[prompt].second];
    if (!row.labels.empty()) options.named.push_back({prompt, row.ids.size() - 1, row.labels});
    options.first_tokens.push_back(row.first_token);
  }
  request.scores = [this, &rows](size_t prompt, Scores scores) {
    const auto& [item, number] = rows[prompt];
    Finish(rows[prompt], scores.tokens + item->rows[number].labels.size());
    item->scores[number] = std::move(scores);
    return absl::OkStatus();
  };
}

void ScoreRounds::AskForLabels(const std::vector<RowOfItem>& rows, RunRequest& request) {
  request.classes = [this, &rows](size_t prompt, Classification classification) {
    ScoreItem& item = *rows[prompt].first;
    Finish(rows[prompt], item.rows[0].ids.size());
    item.classification = std::move(classification);
    return absl::OkStatus();
  };
}

void ScoreRounds::AskForEmbeddings(const std::vector<RowOfItem>& rows, RunRequest& request) {
  request.embed_options = job_.settings.embed;
  request.embeddings = [this, &rows](size_t prompt, Hidden embedding) {
    ScoreItem& item = *rows[prompt].first;
    Finish(rows[prompt], item.rows[0].ids.size());
    item.embedding = std::move(embedding);
    return absl::OkStatus();
  };
}

absl::Status ScoreRounds::RunRound(const std::vector<RowOfItem>& rows) {
  std::vector<TokenIds> prompts;
  RunControl control;
  for (const auto& [item, number] : rows) {
    prompts.push_back(item->rows[number].ids);
    control.names.push_back(item->source);
  }
  RunRequest request{.last_run = waiting_.empty() && (at_end_ || !read_error_.ok())};
  switch (job_.settings.task) {
    case LineTask::kScore:
      AskForScores(rows, request);
      break;
    case LineTask::kClassify:
      AskForLabels(rows, request);
      break;
    case LineTask::kEmbed:
      AskForEmbeddings(rows, request);
      break;
  }
  if (job_.progress != ProgressMode::kNever) {
    progress_->BeginRound(padded_ ? counts_.rows : counts_.lines, input_.share_read());
    control.progress = [&](const Progress& progress) { progress_->Show(progress); };
  }
  SOTTO_ASSIGN_OR_RETURN(const RunReport report, prefill_->Run(prompts, request, control));
  for (const BatchReport& batch : report.batches) {
    counts_.rows += batch.prompts.size();
    counts_.seconds += batch.seconds;
  }
  counts_.usage.prompts += prompts.size();
  for (const TokenIds& ids : prompts) counts_.usage.tokens += ids.size();
  if (report.split.has_value()) {
    counts_.usage.exchanges_verified += report.split->exchanges_of_run;
  }
  return absl::OkStatus();
}

absl::Status ScoreRounds::WriteFinished() {
  std::string block;
  for (; !items_.empty() && items_.front().rows_done == items_.front().rows.size();
       items_.pop_front()) {
    const std::string line = ResultLine(items_.front(), model_, job_);
    if (job_.settings.corpus) {
      SOTTO_ASSIGN_OR_RETURN(const nlohmann::ordered_json json, ParsePromptJson(line, ""));
      SOTTO_RETURN_IF_ERROR(totals_.Add(json));
    }
    block += line;
    ++counts_.lines;
  }
  return block.empty() ? absl::OkStatus() : write_(block, counts_.lines);
}

void ScoreRounds::WaitForPeriod() {
  if (!padded_ || !round_end_.has_value()) return;
  const auto periods = (Clock::now() - *round_end_) / kPeriod + 1;
  std::this_thread::sleep_until(*round_end_ + periods * kPeriod);
}

absl::StatusOr<ScoreCounts> ScoreRounds::Run() {
  const std::optional<double> share_before = input_.share_read();
  while (true) {
    Fill();
    const std::vector<RowOfItem> rows = TakeRows();
    if (rows.empty()) break;
    if (!prefill_.has_value()) {
      SOTTO_RETURN_IF_ERROR(CreatePrefill());
      const ScoreState begin{.task = kTaskNames[static_cast<size_t>(job_.settings.task)],
                             .counted = padded_ ? "row" : "line"};
      progress_.emplace(job_.progress, begin, share_before);
    }
    WaitForPeriod();
    SOTTO_RETURN_IF_ERROR(RunRound(rows));
    round_end_ = Clock::now();
    SOTTO_RETURN_IF_ERROR(WriteFinished());
  }
  progress_.reset();
  SOTTO_RETURN_IF_ERROR(read_error_);
  return counts_;
}

}  // namespace sotto
