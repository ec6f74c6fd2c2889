// What `sotto score` was asked to do, checked as far as the command line alone allows.
#ifndef SOTTO_CLI_SCORE_JOB_H_
#define SOTTO_CLI_SCORE_JOB_H_

#include <cstddef>
#include <optional>
#include <string>

#include "cli/run_job.h"
#include "sotto/model.h"
#include "sotto/scoring.h"

namespace sotto {

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
  EncodeTextOptions encoding;
  // What becomes of a text or context that is too long: an error where none of these is asked for.
  bool truncate_left = false;         // Its first tokens go.
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
  Shard shard;
  ScoreSettings settings;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_JOB_H_
