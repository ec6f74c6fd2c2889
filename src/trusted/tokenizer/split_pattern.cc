#define PCRE2_CODE_UNIT_WIDTH 8
#include "trusted/tokenizer/split_pattern.h"

#include <pcre2.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/pattern_translation.h"

namespace sotto {
namespace {

constexpr size_t kMaxPatternBytes = 1 << 12;
constexpr uint32_t kHeapLimitKib = 1 << 16;
// What an attempt at a match may take without being charged for it: words are shorter.
constexpr size_t kFreeBytes = 128, kFreeSteps = 128;
constexpr size_t kGrowth = 4;

const pcre2_code* AsCode(const void* p) { return static_cast<const pcre2_code*>(p); }
pcre2_match_data* AsData(void* p) { return static_cast<pcre2_match_data*>(p); }
pcre2_match_context* AsContext(void* p) { return static_cast<pcre2_match_context*>(p); }
PCRE2_SPTR Bytes(std::string_view s) { return reinterpret_cast<PCRE2_SPTR>(s.data()); }

std::string Pcre2Message(int error) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(error, buffer, sizeof(buffer));
  return reinterpret_cast<const char*>(buffer);
}

struct Range {
  size_t begin, end;
};

// Lines end in a line feed, whatever PCRE2 was built with.
class CompileContext {
 public:
  CompileContext() : context_(pcre2_compile_context_create(nullptr)) {
    SOTTO_CHECK(context_ != nullptr);
    pcre2_set_newline(context_, PCRE2_NEWLINE_LF);
  }
  ~CompileContext() { pcre2_compile_context_free(context_); }
  CompileContext(const CompileContext&) = delete;
  CompileContext& operator=(const CompileContext&) = delete;
  pcre2_compile_context* get() const { return context_; }

 private:
  pcre2_compile_context* context_;
};

// One subject's matching state.
//
// PCRE2 limits the steps of one attempt at one place only, and counts no step for the bytes that a
// simple repetition runs over: an expression can be cubic in the text below any such limit. So each
// attempt sees a window of few bytes and gets few steps, both at no charge: 16 thousand operations
// a byte of text at the worst, and hardly any for a sane expression. Where either does not suffice
// (a long word, a run of spaces), attempts go on place by place, with windows and steps that grow
// and are charged. PCRE2's hard partial matching says when the end of a window was looked at, so
// that windows change no match.
class Matcher {
 public:
  Matcher(const pcre2_code* anywhere, const pcre2_code* here, std::string_view text,
          MatchBudget& budget)
      : anywhere_(anywhere),
        here_(here),
        text_(text),
        budget_(budget),
        data_(AsData(budget.match_data())),
        context_(AsContext(budget.match_context())) {}

  // The first match at or after `start`; nullopt: none. REQUIRES: start <= text.size().
  absl::StatusOr<std::optional<Range>> Next(size_t start) {
    Attempt attempt{.begin = start};
    for (;;) {
      const size_t end = WindowEnd(attempt);
      const int result = Match(attempt, end);
      if (result == PCRE2_ERROR_NOMATCH) {
        if (attempt.begin == text_.size() || (attempt.anywhere && end == text_.size())) break;
        attempt = {.begin = attempt.anywhere ? end : NextCharacter(attempt.begin),
                   .anywhere = attempt.anywhere};
      } else if (result == PCRE2_ERROR_PARTIAL || result == PCRE2_ERROR_MATCHLIMIT ||
                 (result >= 0 && end < text_.size() && Found().end >= end)) {
        SOTTO_RETURN_IF_ERROR(Widen(result == PCRE2_ERROR_MATCHLIMIT, attempt));
      } else if (result < 0) {
        return absl::InvalidArgumentError(
            StrCat("splitting text into words: ", Pcre2Message(result)));
      } else {
        return Found();
      }
    }
    return std::nullopt;
  }

 private:
  struct Attempt {
    size_t begin;
    bool anywhere = true;  // From `begin` on, or there alone.
    size_t bytes = kFreeBytes, steps = kFreeSteps;
  };

  size_t NextCharacter(size_t at) const { return at + NextUtf8(text_.substr(at)).length; }

  // At the end of a character.
  size_t WindowEnd(const Attempt& attempt) const {
    size_t end = std::min(text_.size(), attempt.begin + attempt.bytes);
    while (end < text_.size() && (static_cast<uint8_t>(text_[end]) & 0xc0) == 0x80) ++end;
    return end;
  }

  absl::Status Widen(bool steps, Attempt& attempt) {
    if (attempt.anywhere) {  // What stood before the place that was too much is tried again.
      attempt.anywhere = false;
      return absl::OkStatus();
    }
    size_t& bound = steps ? attempt.steps : attempt.bytes;
    bound *= kGrowth;
    return budget_.Spend(bound);
  }

  int Match(const Attempt& attempt, size_t end) {
    pcre2_set_match_limit(context_,
                          static_cast<uint32_t>(std::min<size_t>(attempt.steps, UINT32_MAX)));
    const pcre2_code* code = attempt.anywhere ? anywhere_ : here_;
    const uint32_t flags = PCRE2_NO_UTF_CHECK | (end < text_.size() ? PCRE2_PARTIAL_HARD : 0);
    const auto match = [&](uint32_t more) {
      return pcre2_match(code, Bytes(text_), end, attempt.begin, flags | more, data_, context_);
    };
    const int result = match(0);
    // The interpreter's stack is on the heap.
    return result == PCRE2_ERROR_JIT_STACKLIMIT ? match(PCRE2_NO_JIT) : result;
  }

  Range Found() const {
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data_);
    return {bounds[0], std::max(bounds[0], bounds[1])};
  }

  const pcre2_code *const anywhere_, *const here_;
  std::string_view text_;
  MatchBudget& budget_;
  pcre2_match_data* const data_;
  pcre2_match_context* const context_;
};

void FreeData(void* data) { pcre2_match_data_free(AsData(data)); }
void FreeContext(void* context) { pcre2_match_context_free(AsContext(context)); }

bool MayBeEmpty(const pcre2_code* code) {
  uint32_t may_be = 1;
  pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &may_be);
  return may_be != 0;
}

}  // namespace

void SplitPattern::Deleter::operator()(void* code) const {
  pcre2_code_free(static_cast<pcre2_code*>(code));
}

absl::StatusOr<SplitPattern> SplitPattern::Compile(std::string_view pattern, Engine engine) {
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(
        StrCat("regular expression is longer than ", kMaxPatternBytes, " bytes"));
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string translated, ToPcre2(pattern));
  return CompilePcre2(translated, engine);
}

absl::StatusOr<SplitPattern> SplitPattern::CompilePcre2(std::string_view pattern, Engine engine) {
  const CompileContext context;
  bool jit = engine == Engine::kJit;
  Code codes[2];
  for (const uint32_t anchored : {0u, static_cast<uint32_t>(PCRE2_ANCHORED)}) {
    constexpr uint32_t kFlags = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_MULTILINE;
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code = pcre2_compile(Bytes(pattern), pattern.size(), kFlags | anchored, &error,
                                     &offset, context.get());
    if (code == nullptr) {
      return absl::InvalidArgumentError(
          StrCat("regular expression does not compile: ", Pcre2Message(error)));
    }
    codes[anchored != 0].reset(code);
    jit = jit && pcre2_jit_compile(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD) == 0;
  }
  return SplitPattern(std::move(codes[0]), std::move(codes[1]), jit);
}

SplitPattern::SplitPattern(Code anywhere, Code here, bool jit)
    : anywhere_(std::move(anywhere)),
      here_(std::move(here)),
      jit_(jit),
      may_be_empty_(MayBeEmpty(AsCode(anywhere_.get()))) {}

absl::Status SplitPattern::AtPlace(const absl::Status& status) const {
  if (place_.empty()) return status;
  return absl::Status(status.code(), ToAbsl(StrCat(place_, ": ", ToStd(status.message()))));
}

MatchBudget::MatchBudget(size_t text_bytes)
    : left_(kBase + kPerByte * text_bytes),
      match_data_(pcre2_match_data_create(1, nullptr), &FreeData),
      match_context_(pcre2_match_context_create(nullptr), &FreeContext) {
  SOTTO_CHECK(match_data_ != nullptr && match_context_ != nullptr);
  pcre2_set_heap_limit(AsContext(match_context_.get()), kHeapLimitKib);
}

absl::Status MatchBudget::Spend(size_t units) {
  if (units > left_) {
    return absl::InvalidArgumentError(
        "splitting text into words: the regular expression takes more steps than the limit for a "
        "text of this length");
  }
  left_ -= units;
  return absl::OkStatus();
}

absl::Status SplitPattern::EachMatch(std::string_view text, MatchBudget& budget,
                                     MatchSink sink) const {
  Matcher matcher(AsCode(anywhere_.get()), AsCode(here_.get()), text, budget);
  size_t done = 0;   // text before it went to the sink
  size_t start = 0;  // where to look for the next match
  bool matched_before = false;
  while (start < text.size() || (start == text.size() && may_be_empty_ && !text.empty())) {
    const auto found = matcher.Next(start);
    if (!found.ok()) return AtPlace(found.status());
    const std::optional<Range>& match = *found;
    if (!match.has_value()) break;
    const bool empty = match->begin == match->end;
    start = match->end;
    if (empty) start += start < text.size() ? NextUtf8(text.substr(start)).length : 1;
    if (empty && matched_before && match->begin == done) continue;  // It ends the last match.
    if (match->begin > done) {
      SOTTO_RETURN_IF_ERROR(sink({text.substr(done, match->begin - done), false}));
    }
    done = std::max(done, match->end);
    matched_before = true;
    SOTTO_RETURN_IF_ERROR(sink({text.substr(match->begin, done - match->begin), true}));
  }
  if (done == text.size()) return absl::OkStatus();
  return sink({text.substr(done), false});
}

}  // namespace sotto
