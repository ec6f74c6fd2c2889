#include "trusted/tokenizer/normalizer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "trusted/tokenizer/white_space.h"

namespace sotto {
namespace {

absl::Status TooLong(size_t max_bytes) {
  return absl::InvalidArgumentError(
      StrCat("the normalizer makes text longer than the limit of ", max_bytes, " bytes"));
}

// Puts together what a replacement leaves.
class Replacement {
 public:
  // `text`: what is replaced in.
  explicit Replacement(const AlignedText& text) : text_(text) {}

  // What comes next of the text, as it is.
  void Keep(std::string_view piece) {
    const size_t begin = piece.data() - text_.text.data();
    Put(piece, std::min(piece.size(), text_.start_bytes - std::min(text_.start_bytes, begin)));
  }
  // `content` in place of `match`: it stands where the match's last character did.
  void Replace(std::string_view match, std::string_view content) {
    size_t last = match.data() + match.size() - text_.text.data();
    if (last > 0) --last;
    Put(content, last < text_.start_bytes ? content.size() : 0);
  }

  size_t size() const { return out_.text.size(); }
  AlignedText Take() { return std::move(out_); }

 private:
  // `from_start`: bytes of the piece that come of the input's first character, if all before do.
  void Put(std::string_view piece, size_t from_start) {
    if (out_.start_bytes == out_.text.size()) out_.start_bytes += from_start;
    out_.text.append(piece);
  }

  const AlignedText& text_;
  AlignedText out_;
};

// Stops once the result is longer than `max_bytes`.
AlignedText ReplaceAll(const AlignedText& text, const NormalizerStep& step, size_t max_bytes) {
  SOTTO_CHECK(!step.pattern.empty());
  Replacement out(text);
  std::string_view left = text.text;
  while (out.size() <= max_bytes) {
    const size_t at = left.find(step.pattern);
    out.Keep(left.substr(0, at));
    if (at == std::string_view::npos) break;
    out.Replace(left.substr(at, step.pattern.size()), step.content);
    left.remove_prefix(at + step.pattern.size());
  }
  return out.Take();
}

absl::StatusOr<AlignedText> ReplaceMatches(const AlignedText& text, const NormalizerStep& step,
                                           size_t max_bytes) {
  Replacement out(text);
  MatchBudget budget(text.text.size());
  SOTTO_RETURN_IF_ERROR(
      step.regex->EachMatch(text.text, budget, [&](PatternMatch match) -> absl::Status {
        match.matched ? out.Replace(match.text, step.content) : out.Keep(match.text);
        return out.size() > max_bytes ? TooLong(max_bytes) : absl::OkStatus();
      }));
  return out.Take();
}

AlignedText Strip(const AlignedText& text, const NormalizerStep& step) {
  std::string_view left = text.text;
  if (step.strip_left) left.remove_prefix(LeadingSpace(left));
  const size_t gone = text.text.size() - left.size();
  if (step.strip_right) left = left.substr(0, TrailingSpaceBegin(left));
  return {std::string(left), text.start_bytes - std::min(text.start_bytes, gone)};
}

absl::StatusOr<AlignedText> RunStep(const NormalizerStep& step, AlignedText text,
                                    size_t max_bytes) {
  const std::string_view start = std::string_view(text.text).substr(0, text.start_bytes);
  switch (step.kind) {
    case NormalizerStep::Kind::kPrepend:
      if (text.text.empty()) return text;
      return AlignedText{step.content + text.text,
                         start.empty() ? 0 : step.content.size() + start.size()};
    case NormalizerStep::Kind::kReplace:
      if (step.regex != nullptr) return ReplaceMatches(text, step, max_bytes);
      return ReplaceAll(text, step, max_bytes);
    case NormalizerStep::Kind::kForm:
      return AlignedText{NormalizedForm(text.text, step.form),
                         NormalizedForm(start, step.form).size()};
    case NormalizerStep::Kind::kLowercase:
      return AlignedText{LowercaseText(text.text), LowercaseText(start).size()};
    case NormalizerStep::Kind::kStrip:
      return Strip(text, step);
  }
  return text;
}

}  // namespace

absl::StatusOr<AlignedText> NormalizeAligned(const std::vector<NormalizerStep>& steps,
                                             AlignedText text, size_t max_bytes) {
  for (const NormalizerStep& step : steps) {
    SOTTO_ASSIGN_OR_RETURN(text, RunStep(step, std::move(text), max_bytes));
    if (text.text.size() > max_bytes) return TooLong(max_bytes);
  }
  return text;
}

absl::StatusOr<std::string> Normalize(const std::vector<NormalizerStep>& steps,
                                      std::string_view text, size_t max_bytes) {
  SOTTO_ASSIGN_OR_RETURN(AlignedText aligned,
                         NormalizeAligned(steps, {std::string(text)}, max_bytes));
  return std::move(aligned.text);
}

}  // namespace sotto
