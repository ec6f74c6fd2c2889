// The forward passes of `sotto score`, `classify` and `embed`: rows of many lines together, results
// in the lines' order. TRUSTED: holds prompts.
//
// A round takes rows until a few batches are full, runs them, and writes the lines that are done;
// what it holds does not grow with the input. Without padding it ends with a line, so that the
// continuations of a context stay together, and does not wait for a pipe that has nothing yet.
// Where padding is computed, a round is so many whole batches, across lines, and rounds begin whole
// periods apart: an accelerator, or whoever else sees passes begin and end, learns from them how
// many there are, but not how long it took to read, encode and write what they hold.
#ifndef SOTTO_CLI_SCORE_ROUNDS_H_
#define SOTTO_CLI_SCORE_ROUNDS_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "cli/score_input.h"
#include "cli/score_item.h"
#include "cli/score_job.h"
#include "cli/score_output.h"
#include "cli/score_progress.h"
#include "sotto/model.h"
#include "sotto/prefill.h"
#include "trusted/identity/receipt_events.h"

namespace sotto {

struct ScoreCounts {
  // Of this run. Tokens: scored ones, labels' included; or those that were classified or embedded.
  size_t lines = 0, tokens = 0;
  size_t rows = 0;  // Computed, those that fill batches included.
  size_t doubled_bos = 0;
  double seconds = 0;  // Of the forward passes.
  // What a receipt says of them; no precision where there was no pass.
  UsageFacts usage = {};
  std::optional<PrecisionReport> precision = {};
};

// Writes the results of whole lines, `lines` in this run with these.
using ResultSink = std::function<absl::Status(const std::string& block, size_t lines)>;

class ScoreRounds {
 public:
  // `job`: lengths resolved. All outlive this.
  ScoreRounds(ScoreJob& job, const Model& model, ScoreInput& input, ResultSink write,
              CorpusTotals& totals);

  // All that is left of the input; the Prefill is made when there is something to run. An error of
  // a line is returned once the lines before it are written.
  absl::StatusOr<ScoreCounts> Run();

 private:
  using Clock = std::chrono::steady_clock;
  using RowOfItem = std::pair<ScoreItem*, size_t>;

  absl::Status CreatePrefill();
  // Reads; errors become read_error_.
  void Fill();
  absl::Status ReadItem();
  std::vector<RowOfItem> TakeRows();
  absl::Status RunRound(const std::vector<RowOfItem>& rows);
  // Has the request ask for what the command computes, and put it into the items.
  void AskForScores(const std::vector<RowOfItem>& rows, RunRequest& request);
  void AskForLabels(const std::vector<RowOfItem>& rows, RunRequest& request);
  void AskForEmbeddings(const std::vector<RowOfItem>& rows, RunRequest& request);
  void Finish(const RowOfItem& row, size_t tokens);
  absl::Status WriteFinished();
  void WaitForPeriod();

  ScoreJob& job_;
  const Model& model_;
  ScoreInput& input_;
  const ResultSink write_;
  CorpusTotals& totals_;
  const bool padded_;
  const size_t round_rows_;
  std::optional<Prefill> prefill_;
  std::optional<ScoreProgress> progress_;
  std::deque<ScoreItem> items_;  // Not written yet, in order.
  std::deque<RowOfItem> waiting_;
  bool at_end_ = false;
  absl::Status read_error_;
  std::optional<Clock::time_point> round_end_;
  ScoreCounts counts_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_ROUNDS_H_
