// What `sotto score` reads, line of results by line of results. TRUSTED: holds prompts.
#ifndef SOTTO_CLI_SCORE_INPUT_H_
#define SOTTO_CLI_SCORE_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "cli/line_reader.h"
#include "cli/score_check.h"
#include "cli/score_item.h"
#include "cli/score_job.h"
#include "sotto/scoring.h"

namespace sotto {

// What one line of results will be made from, not looked into yet.
struct ScoreRecord {
  size_t index = 0;
  std::string check = {};
  std::string source = {};
  std::string line = {};             // Of the input, as it stands there. Not of a corpus.
  std::optional<ScoreRow> row = {};  // Of a corpus: a window.
  CorpusPlace place = {};
};

// What the record's check covers, beside settings and the records before it.
std::string CheckedBytes(const ScoreRecord& record);

class ScoreInput {
 public:
  // `settings`: what CheckedSettings() gives. `encoder` outlives this. Errors as base/file.h.
  static absl::StatusOr<ScoreInput> Open(const ScoreJob& job, const std::string& settings,
                                         const ScoreEncoder& encoder);

  // The next record; nullopt at the end.
  absl::StatusOr<std::optional<ScoreRecord>> Next();
  // Whether Next() would return without waiting for whoever writes a pipe.
  bool Ready() { return windows_.has_value() || reader_.Ready(); }
  // `record` looked into and encoded. INVALID_ARGUMENT, naming the line.
  absl::StatusOr<ScoreItem> Item(ScoreRecord record) const;

  // Of what Next() has returned.
  size_t records() const { return next_index_; }
  const std::string& check() const { return chain_.whole(); }
  const std::string& settings() const { return settings_; }
  // 64 hex digits: of the file's bytes, as they were read. Once, where a receipt is wanted and
  // nothing is left.
  std::string FinishHash() { return reader_.FinishHash(); }
  size_t texts() const { return texts_; }
  // Of a corpus's texts; nullopt where some were given as ids.
  std::optional<uint64_t> text_bytes() const { return text_bytes_; }
  // Whether windows score every token of the corpus, but for a BOS put before a text.
  bool every_token() const { return every_token_; }
  // From 0 to 1, where the size is known.
  std::optional<double> share_read() const;

 private:
  ScoreInput(const ScoreJob& job, const std::string& settings, const ScoreEncoder& encoder,
             LineReader reader)
      : job_(job),
        settings_(settings),
        encoder_(&encoder),
        chain_(settings),
        reader_(std::move(reader)) {}

  absl::StatusOr<std::optional<ScoreRecord>> NextLine();
  absl::StatusOr<std::optional<ScoreRecord>> NextWindow();
  // The next text of a corpus; false at the end.
  absl::StatusOr<bool> BeginText();
  absl::StatusOr<std::optional<ScoreRequest>> NextText();
  ScoreRecord Record();

  ScoreJob job_;
  std::string settings_;
  const ScoreEncoder* encoder_;
  CheckChain chain_;
  LineReader reader_;
  size_t next_index_ = 0;
  // Of the text of a corpus that is under way.
  std::string source_;
  TokenIds ids_;
  BosUse bos_ = BosUse::kAuto;
  std::optional<TextWindows> windows_;
  size_t next_window_ = 0;
  size_t texts_ = 0;
  std::optional<uint64_t> text_bytes_ = 0;
  bool every_token_ = true;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_INPUT_H_
