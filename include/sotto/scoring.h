// What is scored of a text: continuations behind a context, and the windows of texts that are
// longer than a prefill. TRUSTED: holds prompts.
#ifndef SOTTO_SCORING_H_
#define SOTTO_SCORING_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sotto/model.h"

namespace sotto {

// A context and what may follow it. To score continuation i, score the prompt context +
// continuations[i] from token context.size() on (ScoreOptions::first_tokens). In one call, with a
// batch size that holds them all, the context is computed once, from 64 tokens on.
struct ContinuationIds {
  TokenIds context = {};                     // At least one token.
  std::vector<TokenIds> continuations = {};  // At least one token each.
};

// What a template puts behind a text (EOS) is left out: of the context, as more follows, and of the
// continuations. Otherwise as lm-evaluation-harness: white space at the end of the context moves to
// the beginning of the continuation, both are encoded together, and the continuation's ids are
// those from the length of the encoded context on. An empty context, and one that comes to no
// token, is BOS. Errors are those of Model::Encode, and INVALID_ARGUMENT, "continuation 2: ...",
// for a continuation that comes to no token of its own, or for an empty context where the tokenizer
// has no BOS.
absl::StatusOr<ContinuationIds> EncodeContinuations(const Model& model, std::string_view context,
                                                    std::span<const std::string> continuations,
                                                    const EncodeTextOptions& options = {});

// As continuations, but of a prompt that ends as it is, white space included: every label is what
// follows the prompt's own tokens. Where a label changes these (" " and "yes" that are one token),
// white space is moved as EncodeContinuations() does it, for all labels. Errors are the same, of
// "label 2: ...".
absl::StatusOr<ContinuationIds> EncodeLabels(const Model& model, std::string_view prompt,
                                             std::span<const std::string> labels,
                                             const EncodeTextOptions& options = {});

// How the tokens of a long text are counted.
enum class WindowCount {
  // Hugging Face's "perplexity of fixed-length models": windows begin every `stride` tokens, and
  // each scores the tokens that those before it did not. The first token is not scored, nor, where
  // windows do not overlap, is that of any window.
  kHuggingFace,
  // llama.cpp's llama-perplexity: windows one after the other, the first token of each replaced by
  // BOS, the second half of each scored (length - length / 2 - 1 tokens); what does not fill a
  // window is left out.
  kLlamaCpp,
};

struct WindowOptions {
  size_t length = 0;  // Tokens of a window, at least 2.
  size_t stride = 0;  // 1 to length; kLlamaCpp takes no notice of it.
  WindowCount count = WindowCount::kHuggingFace;
};

// Tokens [begin, end) of a text, of which [first_token, end) are scored; the indices are the
// text's.
struct TextWindow {
  size_t begin = 0, end = 0, first_token = 0;
  bool begins_with_bos = false;  // The first token is replaced by BOS.

  bool operator==(const TextWindow&) const = default;
};

// The windows of a text of so many tokens, made when asked for.
class TextWindows {
 public:
  // INVALID_ARGUMENT, "FIELD: ..", for options that are no windows.
  static absl::StatusOr<TextWindows> Create(size_t tokens, const WindowOptions& options);

  size_t size() const;                    // kHuggingFace: at least 1.
  TextWindow operator[](size_t i) const;  // REQUIRES: i < size().

 private:
  TextWindows(size_t tokens, const WindowOptions& options) : tokens_(tokens), options_(options) {}

  size_t tokens_;
  WindowOptions options_;
};

}  // namespace sotto

#endif  // SOTTO_SCORING_H_
