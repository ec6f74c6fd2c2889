// Regular expressions over text: what the `Split` pre-tokenizer cuts by and `Replace` looks for.
#ifndef SOTTO_TRUSTED_TOKENIZER_SPLIT_PATTERN_H_
#define SOTTO_TRUSTED_TOKENIZER_SPLIT_PATTERN_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "base/status.h"

namespace sotto {

// A stretch of a text: what matched, or what stands between two matches.
struct PatternMatch {
  std::string_view text;
  bool matched = false;
};
using MatchSink = absl::FunctionRef<absl::Status(PatternMatch)>;

// What matching may cost beyond the little that every piece of text may, and the memory that it
// works in, which takes longer to come by than a short piece to match: shared by all EachMatch()
// calls over one text, one at a time or one within the other, so that a hostile expression ends in
// an error after work in proportion to the text's length, and not in hours of backtracking.
class MatchBudget {
 public:
  explicit MatchBudget(size_t text_bytes);
  // INVALID_ARGUMENT once more was spent than there was. A unit is a step of the matcher or a byte
  // that it may look at.
  absl::Status Spend(size_t units);

  void* match_data() const { return match_data_.get(); }        // pcre2_match_data, of one pair
  void* match_context() const { return match_context_.get(); }  // pcre2_match_context

 private:
  using Memory = std::unique_ptr<void, void (*)(void*)>;

  // A long piece costs eleven units a byte at most, where steps and bytes grow fourfold, and no
  // tokenizer in use cuts by more than three expressions. A unit takes up to 50 ns.
  static constexpr size_t kBase = size_t{1} << 18, kPerByte = 40;

  size_t left_;
  const Memory match_data_, match_context_;
};

// A compiled expression. Immutable; EachMatch() may be called from several threads at once.
class SplitPattern {
 public:
  enum class Engine {
    kJit,          // machine code where the system grants executable memory (an enclave may not),
                   // interpreted where it does not
    kInterpreter,  // interpreted always
  };

  // `pattern` is the reference's: INVALID_ARGUMENT for one that does not compile (with PCRE2's
  // reason), UNIMPLEMENTED for what ToPcre2() refuses.
  static absl::StatusOr<SplitPattern> Compile(std::string_view pattern,
                                              Engine engine = Engine::kJit);
  // `pattern` is PCRE2's.
  static absl::StatusOr<SplitPattern> CompilePcre2(std::string_view pattern,
                                                   Engine engine = Engine::kJit);

  // Calls `sink` with each match and each stretch between matches, in order; joined they are
  // `text`. Only a match may be empty. Stops at the sink's first error. REQUIRES: `text` is valid
  // UTF-8. INVALID_ARGUMENT when matching needs more steps or memory than a sane expression does
  // (backtracking without end).
  absl::Status EachMatch(std::string_view text, MatchBudget& budget, MatchSink sink) const;

  // What errors of EachMatch() name, "FILE: FIELD".
  void set_place(std::string place) { place_ = std::move(place); }

  // Whether matching runs as machine code.
  bool jit() const { return jit_; }

 private:
  struct Deleter {
    void operator()(void* code) const;
  };
  using Code = std::unique_ptr<void, Deleter>;  // pcre2_code

  SplitPattern(Code anywhere, Code here, bool jit);

  absl::Status AtPlace(const absl::Status& status) const;

  Code anywhere_, here_;  // Matches from a place on, and at that place alone.
  bool jit_, may_be_empty_;
  std::string place_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_SPLIT_PATTERN_H_
