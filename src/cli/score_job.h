// What `sotto score`, `sotto classify` or `sotto embed` was asked to do, checked as far as the
// command line alone allows. They read lines and write a line for each, and differ in what they
// compute of it.
#ifndef SOTTO_CLI_SCORE_JOB_H_
#define SOTTO_CLI_SCORE_JOB_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "cli/receipt_job.h"
#include "cli/run_job.h"
#include "sotto/model.h"
#include "sotto/scores.h"
#include "sotto/scoring.h"

namespace sotto {

enum class LineTask { kScore, kClassify, kEmbed };
// Both in the order of the enumerators.
inline constexpr std::array<const char*, 3> kTaskNames = {"score", "classify", "embed"};
inline constexpr std::array<std::string_view, 3> kPoolingNames = {"last", "mean", "all"};

enum class ScoreFormat { kText, kJsonLines };

// Which of the lines this process scores, where several share them: blocks of lines, dealt out in
// turn, so that neighbours, which often have a context in common, stay together.
struct Shard {
  size_t number = 0, count = 1;  // `number` from 0.

  static constexpr size_t kBlockLines = 8;
  bool alone() const { return count == 1; }
  bool Has(size_t index) const { return index / kBlockLines % count == number; }
};

// What of the line results depends on, beside line, model and precision.
struct ScoreSettings {
  LineTask task = LineTask::kScore;
  EncodeTextOptions encoding;
  // What becomes of a text or context that is too long: an error where none of these is asked for.
  bool truncate_left = false;         // Its first tokens go.
  EmbedOptions embed = {};            // kEmbed. What follows is kScore's.
  std::optional<size_t> stride = {};  // Texts only: windows begin every so many tokens.
  bool corpus = false;                // All texts are one corpus, scored in windows.
  WindowCount count = WindowCount::kHuggingFace;
  std::optional<size_t> top_k = {};  // None: no list.
  bool sums_only = false;            // No values of single tokens.
};

struct ScoreJob : RunJob {
  bool default_length = false, default_batch = false;  // To be chosen once the model is known.
  std::string input_path, output_path;
  ScoreFormat input_format = ScoreFormat::kJsonLines;
  bool resume = false;
  bool array = false;  // The results are an array, not lines: of kEmbed.
  Shard shard;
  ScoreSettings settings;
  ReceiptJob receipt;  // Of kScore.
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_JOB_H_
