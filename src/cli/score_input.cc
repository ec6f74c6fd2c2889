#include "cli/score_input.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "cli/score_line.h"

namespace sotto {
namespace {

// What the check of a window covers: its tokens, and where it begins to score.
std::string WindowBytes(const ScoreRow& row, const CorpusPlace& place) {
  std::string bytes = StrCat(place.text, " ", place.first_token, " ", row.first_token);
  for (const int32_t id : row.ids) bytes += StrCat(" ", id);
  return bytes;
}

// Of a text of `tokens`, whose windows these are.
size_t UnscoredTokens(size_t tokens, const TextWindows& windows) {
  for (size_t i = 0; i < windows.size(); ++i) tokens -= windows[i].end - windows[i].first_token;
  return tokens;
}

}  // namespace

std::string CheckedBytes(const ScoreRecord& record) {
  return record.row.has_value() ? WindowBytes(*record.row, record.place) : record.line;
}

absl::StatusOr<ScoreInput> ScoreInput::Open(const ScoreJob& job, const std::string& settings,
                                            const ScoreEncoder& encoder) {
  SOTTO_ASSIGN_OR_RETURN(LineReader reader, LineReader::Open(job.input_path));
  if (job.receipt.wanted()) reader.BeginHash();
  return ScoreInput(job, settings, encoder, std::move(reader));
}

absl::StatusOr<std::optional<ScoreRecord>> ScoreInput::Next() {
  return job_.settings.corpus ? NextWindow() : NextLine();
}

ScoreRecord ScoreInput::Record() { return {.index = next_index_++, .check = chain_.check()}; }

absl::StatusOr<std::optional<ScoreRecord>> ScoreInput::NextLine() {
  SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string_view> line, reader_.Next());
  if (!line.has_value()) return std::nullopt;
  chain_.Add(*line);
  ScoreRecord record = Record();
  record.source = reader_.source();
  record.line = std::string(*line);
  return record;
}

absl::StatusOr<std::optional<ScoreRequest>> ScoreInput::NextText() {
  if (job_.input_format == ScoreFormat::kText) {
    if (texts_ > 0) return std::nullopt;
    source_ = DisplayName(job_.input_path);
    ScoreRequest request;
    SOTTO_ASSIGN_OR_RETURN(request.context.text, reader_.Rest());
    return request;
  }
  SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string_view> line, reader_.Next());
  if (!line.has_value()) return std::nullopt;
  source_ = reader_.source();
  SOTTO_ASSIGN_OR_RETURN(ScoreRequest request, ParseScoreLine(*line, source_));
  if (request.kind == ScoreKind::kText) return request;
  return absl::InvalidArgumentError(StrCat(source_, ": --corpus takes texts or ids alone"));
}

absl::StatusOr<bool> ScoreInput::BeginText() {
  SOTTO_ASSIGN_OR_RETURN(const std::optional<ScoreRequest> request, NextText());
  if (!request.has_value()) return false;
  const TextOrIds& text = request->context;
  SOTTO_ASSIGN_OR_RETURN(ids_, encoder_->TextIds(*request, source_));
  bos_ = encoder_->EncodingOf(*request).bos;
  const ScoreSettings& settings = job_.settings;
  const WindowOptions options{.length = job_.prefill.prefill_length,
                              .stride = settings.stride.value_or(0),
                              .count = settings.count};
  SOTTO_ASSIGN_OR_RETURN(windows_, TextWindows::Create(ids_.size(), options));
  next_window_ = 0;
  if (windows_->size() == 0) {
    return absl::InvalidArgumentError(
        StrCat(source_, ": has ", ids_.size(), " tokens, but a window (--prefill-length) has ",
               options.length, ", and --count-as llama.cpp counts whole windows only"));
  }
  ++texts_;
  const size_t own_bos = encoder_->BosOf(*request).empty() ? 0 : 1;
  every_token_ = every_token_ && UnscoredTokens(ids_.size(), *windows_) == own_bos;
  if (text.ids.has_value()) text_bytes_.reset();
  if (text_bytes_.has_value()) *text_bytes_ += text.text.size();
  return true;
}

absl::StatusOr<std::optional<ScoreRecord>> ScoreInput::NextWindow() {
  if (!windows_.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(const bool more, BeginText());
    if (!more) return std::nullopt;
  }
  const TextWindow window = (*windows_)[next_window_];
  ScoreRow row = encoder_->WindowRow(ids_, window, bos_);
  const CorpusPlace place{.text = texts_ - 1, .first_token = window.first_token};
  chain_.Add(WindowBytes(row, place));
  ScoreRecord record = Record();
  record.source = source_;
  record.row = std::move(row);
  record.place = place;
  if (++next_window_ == windows_->size()) windows_.reset();
  return record;
}

absl::StatusOr<ScoreItem> ScoreInput::Item(ScoreRecord record) const {
  ScoreItem item{
      .index = record.index, .source = std::move(record.source), .check = std::move(record.check)};
  if (record.row.has_value()) {
    item.corpus = record.place;
    item.rows.push_back(*std::move(record.row));
    item.scores.resize(1);
    return item;
  }
  if (job_.input_format == ScoreFormat::kText) {
    item.request.context.text = std::move(record.line);
  } else {
    SOTTO_ASSIGN_OR_RETURN(item.request, ParseScoreLine(record.line, item.source));
    const LineTask task = job_.settings.task;
    if (task != LineTask::kScore && item.request.kind != ScoreKind::kText) {
      return absl::InvalidArgumentError(StrCat(item.source, ": sotto ",
                                               kTaskNames[static_cast<size_t>(task)],
                                               " takes texts or ids alone"));
    }
  }
  SOTTO_RETURN_IF_ERROR(encoder_->Encode(item));
  return item;
}

std::optional<double> ScoreInput::share_read() const {
  const std::optional<uint64_t> size = reader_.size_bytes();
  if (!size.has_value() || *size == 0) return std::nullopt;
  const double read = static_cast<double>(reader_.end_offset()) / static_cast<double>(*size);
  if (!windows_.has_value()) return std::min(1.0, read);
  // Of a corpus that is one text, its windows tell.
  return job_.input_format == ScoreFormat::kText
             ? static_cast<double>(next_window_) / static_cast<double>(windows_->size())
             : std::min(1.0, read);
}

}  // namespace sotto
