#include "trusted/tokenizer/pre_tokenizer.h"

#include "base/strings.h"
#include "trusted/tokenizer/byte_alphabet.h"
#include "trusted/tokenizer/normalizer.h"

namespace sotto {
namespace {

using PieceSink = absl::FunctionRef<absl::Status(std::string_view piece)>;

// Makes pieces of matches, as they come, by NormalizedString::split() of the reference.
class PieceMaker {
 public:
  PieceMaker(SplitBehavior behavior, PieceSink sink) : behavior_(behavior), sink_(sink) {}

  absl::Status Add(PatternMatch match) {
    switch (behavior_) {
      case SplitBehavior::kIsolated:
        return Emit(match.text);
      case SplitBehavior::kRemoved:
        return match.matched ? absl::OkStatus() : Emit(match.text);
      case SplitBehavior::kContiguous:
        return Join(match, match.matched == before_);
      case SplitBehavior::kMergedWithPrevious:
        return Join(match, match.matched && !before_);
      case SplitBehavior::kMergedWithNext:
        return Join(match, before_ && !match.matched);
    }
    return absl::OkStatus();
  }

  absl::Status Finish() { return Emit(held_); }

 private:
  // Adds the match to the piece that is held, or begins a new one.
  absl::Status Join(PatternMatch match, bool joins) {
    before_ = match.matched;
    if (joins && held_.data() != nullptr) {
      held_ = std::string_view(held_.data(), held_.size() + match.text.size());
      return absl::OkStatus();
    }
    const std::string_view whole = held_;
    held_ = match.text;
    return Emit(whole);
  }

  absl::Status Emit(std::string_view piece) {
    return piece.empty() ? absl::OkStatus() : sink_(piece);
  }

  const SplitBehavior behavior_;
  PieceSink sink_;
  std::string_view held_;
  bool before_ = false;  // Whether what came before was a match.
};

absl::Status SplitText(const PreTokenizerStep& step, std::string_view text, MatchBudget& budget,
                       PieceSink sink) {
  PieceMaker maker(step.behavior, sink);
  SOTTO_RETURN_IF_ERROR(step.pattern[0].EachMatch(text, budget, [&](PatternMatch match) {
    return maker.Add({match.text, match.matched != step.invert});
  }));
  return maker.Finish();
}

// Text of a step that rewrites it, without what it puts before it.
std::string Spelled(const PreTokenizerStep& step, std::string_view text) {
  std::string out;
  if (step.kind == PreTokenizerStep::Kind::kSpellBytes) {
    for (const char c : text) AppendAlphabet(static_cast<uint8_t>(c), out);
    return out;
  }
  if (step.kind != PreTokenizerStep::Kind::kMetaspace) return std::string(text);
  for (const char c : text) c == ' ' ? out.append(step.text) : out.append(1, c);
  return out;
}

std::string_view PrefixOf(const PreTokenizerStep& step, TextPiece piece) {
  if (step.kind == PreTokenizerStep::Kind::kSpellBytes) return {};
  const bool metaspace = step.kind == PreTokenizerStep::Kind::kMetaspace;
  const bool has_one =
      piece.text.starts_with(step.text) || (metaspace && piece.text.starts_with(' '));
  const bool wants_one =
      step.prepend == PreTokenizerStep::Prepend::kAlways ||
      (step.prepend == PreTokenizerStep::Prepend::kFirst && piece.start_bytes > 0);
  return wants_one && !has_one ? std::string_view(step.text) : std::string_view();
}

AlignedText Rewritten(const PreTokenizerStep& step, TextPiece piece) {
  const std::string_view prefix = PrefixOf(step, piece);
  AlignedText out{std::string(prefix)};
  out.text += Spelled(step, piece.text);
  if (piece.start_bytes == 0) return out;
  out.start_bytes = prefix.size() + Spelled(step, piece.text.substr(0, piece.start_bytes)).size();
  return out;
}

}  // namespace

absl::Status PreTokenizer::RunFrom(size_t step, TextPiece piece, WordSink sink) {
  if (step == steps_.size()) return sink(piece.text);
  const PreTokenizerStep& now = steps_[step];
  if (now.kind != PreTokenizerStep::Kind::kSplit) {
    const AlignedText rewritten = Rewritten(now, piece);
    // A few steps that each double a piece would fill the memory.
    SOTTO_RETURN_IF_ERROR(budget_.Spend(rewritten.text.size()));
    return RunFrom(step + 1, {rewritten.text, rewritten.start_bytes}, sink);
  }
  if (step + 1 == steps_.size()) return SplitText(now, piece.text, budget_, sink);
  return SplitText(now, piece.text, budget_, [&](std::string_view part) {
    return RunFrom(step + 1, piece.Part(part), sink);
  });
}

}  // namespace sotto
