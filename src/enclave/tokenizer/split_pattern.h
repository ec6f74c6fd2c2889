// Cuts text into pieces by a regular expression: the `Split` pre-tokenizer, behaviour `Isolated`.
#ifndef SOTTO_ENCLAVE_TOKENIZER_SPLIT_PATTERN_H_
#define SOTTO_ENCLAVE_TOKENIZER_SPLIT_PATTERN_H_

#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "base/status.h"

namespace sotto {

using PieceSink = absl::FunctionRef<void(std::string_view piece)>;

// A compiled expression. Immutable; Split() may be called from several threads at once.
class SplitPattern {
 public:
  enum class Engine {
    kJit,          // machine code where the system grants executable memory (an enclave may not),
                   // interpreted where it does not
    kInterpreter,  // interpreted always
  };

  // INVALID_ARGUMENT for an expression that does not compile (with PCRE2's reason and offset);
  // UNIMPLEMENTED for classes that WithCurrentClasses() refuses.
  static absl::StatusOr<SplitPattern> Compile(std::string_view pattern,
                                              Engine engine = Engine::kJit);

  // Calls `sink` with each match and each stretch between matches, in order, never with an empty
  // piece; joined they are `text`. REQUIRES: `text` is valid UTF-8. INVALID_ARGUMENT when matching
  // needs more steps or memory than a sane expression does (backtracking without end).
  absl::Status Split(std::string_view text, PieceSink sink) const;

  // Whether matching runs as machine code.
  bool jit() const { return jit_; }

 private:
  struct Deleter {
    void operator()(void* code) const;
  };

  SplitPattern(void* code, bool jit) : code_(code), jit_(jit) {}

  std::unique_ptr<void, Deleter> code_;  // pcre2_code
  bool jit_;
};

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_TOKENIZER_SPLIT_PATTERN_H_
