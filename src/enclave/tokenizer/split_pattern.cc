#define PCRE2_CODE_UNIT_WIDTH 8
#include "enclave/tokenizer/split_pattern.h"

#include <pcre2.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/strings.h"
#include "enclave/tokenizer/unicode_classes.h"
#include "enclave/tokenizer/utf8.h"

namespace sotto {
namespace {

constexpr size_t kMaxPatternBytes = 1 << 14;
constexpr uint32_t kHeapLimitKib = 1 << 16;

const pcre2_code* Code(const void* p) { return static_cast<const pcre2_code*>(p); }
PCRE2_SPTR Bytes(std::string_view s) { return reinterpret_cast<PCRE2_SPTR>(s.data()); }

std::string Pcre2Message(int error) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(error, buffer, sizeof(buffer));
  return reinterpret_cast<const char*>(buffer);
}

// One subject's matching state.
class Matcher {
 public:
  Matcher(const pcre2_code* code, std::string_view text)
      : code_(code),
        text_(text),
        data_(pcre2_match_data_create(1, nullptr)),
        context_(pcre2_match_context_create(nullptr)) {
    SOTTO_CHECK(data_ != nullptr && context_ != nullptr);
    // Linear expressions stay below a few steps a byte; what needs more is not linear.
    const uint64_t steps = std::clamp<uint64_t>(8 * text.size(), 10'000'000, UINT32_MAX);
    pcre2_set_match_limit(context_, static_cast<uint32_t>(steps));
    pcre2_set_heap_limit(context_, kHeapLimitKib);
  }
  ~Matcher() {
    pcre2_match_context_free(context_);
    pcre2_match_data_free(data_);
  }
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  struct Range {
    size_t begin, end;
  };

  // The first match at or after `start`; nullopt: none.
  absl::StatusOr<std::optional<Range>> Next(size_t start) {
    int result = Match(start, PCRE2_NO_UTF_CHECK);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) {  // The interpreter's stack is on the heap.
      result = Match(start, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT);
    }
    if (result == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (result < 0) {
      return absl::InvalidArgumentError(
          StrCat("splitting text into words: ", Pcre2Message(result)));
    }
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data_);
    return Range{bounds[0], std::max(bounds[0], bounds[1])};
  }

 private:
  int Match(size_t start, uint32_t flags) {
    return pcre2_match(code_, Bytes(text_), text_.size(), start, flags, data_, context_);
  }

  const pcre2_code* code_;
  std::string_view text_;
  pcre2_match_data* data_;
  pcre2_match_context* context_;
};

}  // namespace

void SplitPattern::Deleter::operator()(void* code) const {
  pcre2_code_free(static_cast<pcre2_code*>(code));
}

absl::StatusOr<SplitPattern> SplitPattern::Compile(std::string_view pattern, Engine engine) {
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(
        StrCat("regular expression is longer than ", kMaxPatternBytes, " bytes"));
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string current, WithCurrentClasses(pattern));
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code =
      pcre2_compile(Bytes(current), current.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C,
                    &error, &offset, nullptr);
  if (code == nullptr) {
    return absl::InvalidArgumentError(
        StrCat("regular expression does not compile: ", Pcre2Message(error)));
  }
  const bool jit = engine == Engine::kJit && pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
  return SplitPattern(code, jit);
}

absl::Status SplitPattern::Split(std::string_view text, PieceSink sink) const {
  Matcher matcher(Code(code_.get()), text);
  size_t done = 0;   // text before it went to the sink
  size_t start = 0;  // where to look for the next match
  const auto emit_until = [&](size_t end) {
    if (end > done) sink(text.substr(done, end - done));
    done = std::max(done, end);
  };
  while (start < text.size()) {
    SOTTO_ASSIGN_OR_RETURN(const auto match, matcher.Next(start));
    if (!match.has_value()) break;
    emit_until(match->begin);
    emit_until(match->end);
    start = match->end;
    if (match->begin == match->end && start < text.size()) {
      start += NextUtf8(text.substr(start)).length;
    }
  }
  emit_until(text.size());
  return absl::OkStatus();
}

}  // namespace sotto
