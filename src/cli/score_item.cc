#include "cli/score_item.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "cli/text_encoding.h"
#include "sotto/scoring.h"

namespace sotto {
namespace {

absl::Status InLine(std::string_view source, const absl::Status& status) {
  return absl::Status(status.code(), StrCat(source, ": ", ToStd(status.message())));
}

TokenIds Concatenated(const TokenIds& a, const TokenIds& b) {
  TokenIds whole = a;
  whole.insert(whole.end(), b.begin(), b.end());
  return whole;
}

bool AllOneToken(const std::vector<TokenIds>& continuations) {
  return std::ranges::all_of(continuations, [](const TokenIds& ids) { return ids.size() == 1; });
}

}  // namespace

absl::Status ScoreEncoder::CheckVocabulary(const TokenIds& ids, const TextOrIds& given,
                                           std::string_view source) const {
  const auto size = static_cast<int64_t>(model_.info().vocab_size);
  const auto bad = std::ranges::find_if(ids, [&](int32_t id) { return id < 0 || id >= size; });
  if (bad == ids.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(source, ": the id at position ", bad - ids.begin(),
                                           " is beyond the model's vocabulary of ", size,
                                           given.ids.has_value() ? "" : kTooManyTokens));
}

absl::StatusOr<TokenIds> ScoreEncoder::TextIds(const ScoreRequest& request,
                                               std::string_view source) const {
  const TextOrIds& text = request.context;
  absl::StatusOr<TokenIds> ids = text.ids.has_value()
                                     ? absl::StatusOr<TokenIds>(*text.ids)
                                     : model_.Encode(text.text, EncodingOf(request));
  if (!ids.ok()) return InLine(source, ids.status());
  if (ids->empty()) return absl::InvalidArgumentError(StrCat(source, ": has no tokens"));
  SOTTO_RETURN_IF_ERROR(CheckVocabulary(*ids, text, source));
  return ids;
}

ScoreRow ScoreEncoder::WindowRow(const TokenIds& ids, const TextWindow& window, BosUse use) const {
  ScoreRow row{.ids = TokenIds(ids.begin() + window.begin, ids.begin() + window.end),
               .first_token = window.first_token - window.begin};
  const std::span<const int32_t> bos = model_.bos_ids(use);
  if (window.begins_with_bos && !bos.empty()) row.ids[0] = bos[0];
  return row;
}

std::span<const int32_t> ScoreEncoder::BosOf(const ScoreRequest& request) const {
  if (request.context.ids.has_value()) return {};
  return model_.bos_ids(EncodingOf(request).bos);
}

bool ScoreEncoder::DoubledBos(const ScoreRequest& request, const TokenIds& ids) const {
  const std::span<const int32_t> bos = BosOf(request);
  return !bos.empty() && ids.size() >= 2 * bos.size() &&
         std::equal(ids.begin(), ids.begin() + bos.size(), ids.begin() + bos.size());
}

absl::Status ScoreEncoder::Fit(ScoreItem& item, ScoreRow& row) const {
  if (row.ids.size() <= length_) return absl::OkStatus();
  const bool text = item.request.kind == ScoreKind::kText;
  if (!settings_.truncate_left) {
    const size_t most = model_.info().max_positions;
    return absl::InvalidArgumentError(StrCat(
        item.source, ": comes to ", row.ids.size(), " tokens, more than the ", length_,
        " of --prefill-length",
        row.ids.size() <= most ? StrCat("; raise that, to ", most, " at most, or let ")
                               : StrCat(", and than the ", most, " that the model takes; let "),
        "--truncate-left", text && settings_.task == LineTask::kScore ? " or --stride" : "",
        " take it"));
  }
  const size_t cut = row.ids.size() - length_;
  const size_t kept = std::min(BosOf(item.request).size(), length_);
  // One token has to stand before what is scored.
  const size_t last_kept = text ? row.ids.size() : row.first_token;
  if (cut + std::max<size_t>(kept, 1) > last_kept) {
    return absl::InvalidArgumentError(
        StrCat(item.source, ": what is to be scored comes to more than --prefill-length tokens, ",
               length_, ", without its context"));
  }
  row.ids.erase(row.ids.begin() + kept, row.ids.begin() + kept + cut);
  if (!text) row.first_token -= cut;
  item.cut_tokens = std::max(item.cut_tokens, cut);
  return absl::OkStatus();
}

absl::Status ScoreEncoder::EncodeText(ScoreItem& item) const {
  SOTTO_ASSIGN_OR_RETURN(TokenIds ids, TextIds(item.request, item.source));
  item.doubled_bos = DoubledBos(item.request, ids);
  if (settings_.stride.has_value() && ids.size() > length_) {
    SOTTO_ASSIGN_OR_RETURN(
        const TextWindows windows,
        TextWindows::Create(ids.size(), {.length = length_, .stride = *settings_.stride}));
    const BosUse bos = EncodingOf(item.request).bos;
    for (size_t i = 0; i < windows.size(); ++i) {
      item.rows.push_back(WindowRow(ids, windows[i], bos));
    }
    return absl::OkStatus();
  }
  ScoreRow row{.ids = std::move(ids)};
  SOTTO_RETURN_IF_ERROR(Fit(item, row));
  item.rows.push_back(std::move(row));
  return absl::OkStatus();
}

absl::StatusOr<ContinuationIds> ScoreEncoder::ContinuingIds(const ScoreItem& item) const {
  const ScoreRequest& request = item.request;
  ContinuationIds ids;
  if (request.context.ids.has_value()) {
    ids.context = *request.context.ids;
    for (const TextOrIds& each : request.continuations) ids.continuations.push_back(*each.ids);
  } else {
    std::vector<std::string> texts;
    for (const TextOrIds& each : request.continuations) texts.push_back(each.text);
    const auto encode = request.kind == ScoreKind::kLabels ? EncodeLabels : EncodeContinuations;
    absl::StatusOr<ContinuationIds> encoded =
        encode(model_, request.context.text, texts, EncodingOf(request));
    if (!encoded.ok()) return InLine(item.source, encoded.status());
    ids = *std::move(encoded);
  }
  SOTTO_RETURN_IF_ERROR(CheckVocabulary(ids.context, request.context, item.source));
  for (const TokenIds& each : ids.continuations) {
    SOTTO_RETURN_IF_ERROR(CheckVocabulary(each, request.context, item.source));
  }
  return ids;
}

absl::Status ScoreEncoder::EncodeContinuing(ScoreItem& item) const {
  SOTTO_ASSIGN_OR_RETURN(const ContinuationIds ids, ContinuingIds(item));
  item.context_tokens = ids.context.size();
  item.doubled_bos = DoubledBos(item.request, ids.context);
  // Labels of one token each need one row, and no position more than the prompt has.
  if (item.request.kind == ScoreKind::kLabels && AllOneToken(ids.continuations)) {
    ScoreRow row{.ids = ids.context, .first_token = ids.context.size()};
    for (const TokenIds& label : ids.continuations) row.labels.push_back(label[0]);
    SOTTO_RETURN_IF_ERROR(Fit(item, row));
    item.rows.push_back(std::move(row));
    return absl::OkStatus();
  }
  for (const TokenIds& continuation : ids.continuations) {
    ScoreRow row{.ids = Concatenated(ids.context, continuation), .first_token = ids.context.size()};
    SOTTO_RETURN_IF_ERROR(Fit(item, row));
    item.rows.push_back(std::move(row));
  }
  return absl::OkStatus();
}

absl::Status ScoreEncoder::Encode(ScoreItem& item) const {
  SOTTO_RETURN_IF_ERROR(item.request.kind == ScoreKind::kText ? EncodeText(item)
                                                              : EncodeContinuing(item));
  item.scores.resize(item.rows.size());
  return absl::OkStatus();
}

}  // namespace sotto
