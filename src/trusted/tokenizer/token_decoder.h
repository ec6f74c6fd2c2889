// Ids back to text: the `decoder` of tokenizer.json, one id at a time.
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKEN_DECODER_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKEN_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/decoder_chain.h"
#include "trusted/tokenizer/normalizer.h"

namespace sotto {

struct DecoderSteps {
  // Not empty: these steps, and nothing of what follows.
  std::vector<DecoderStep> chain;
  // The `ByteLevel` decoder; otherwise Replace*, ByteFallback, Fuse, Strip.
  bool byte_level = false;
  std::vector<NormalizerStep> replacements;  // applied to each token
  std::string strip;                         // one character, cut from the beginning of the text
  size_t strip_count = 0;                    // at most so many times
};

// What every id stands for. Immutable.
class DecoderTable {
 public:
  // tokens: the string of every id. INVALID_ARGUMENT when what they stand for is longer than
  // NormalizedLimit() of all of them together.
  static absl::StatusOr<DecoderTable> Create(const std::vector<std::string>& tokens,
                                             DecoderSteps steps);

  size_t size() const { return pieces_.size(); }
  // REQUIRES: 0 <= id < size().
  std::string_view BytesOf(int32_t id) const { return pieces_[id]; }

 private:
  friend class TokenDecoder;

  DecoderTable(size_t tokens, DecoderSteps steps);
  absl::Status AddPieces(const std::vector<std::string>& tokens);

  DecoderSteps steps_;
  bool tokenwise_ = false;  // The chain does the same to each token.
  // Tokens as they are spelt, of a chain; else text, or, where is_bytes_, bytes that may be part of
  // a character.
  std::vector<std::string> pieces_;
  std::vector<bool> is_bytes_;
};

// The state of decoding one text.
class TokenDecoder {
 public:
  enum class Begin { kText, kInsideText };  // Only where a text begins is something stripped.

  // `table` must outlive this object.
  explicit TokenDecoder(const DecoderTable& table, Begin begin = Begin::kText)
      : table_(table),
        begin_(begin),
        strip_count_(begin == Begin::kText ? table.steps_.strip_count : 0),
        strip_left_(strip_count_),
        first_(begin == Begin::kText) {}

  // Appends to `out` what became certain: valid UTF-8. REQUIRES: 0 <= id < table.size().
  void Next(int32_t id, std::string& out);
  // Appends the rest and begins anew.
  void Finish(std::string& out);

 private:
  void NextOfChain(const std::string& piece, std::string& out);
  void FlushFallbackRun(std::string& out);
  void Emit(std::string_view text, std::string& out);

  const DecoderTable& table_;
  const Begin begin_;
  const size_t strip_count_;
  std::string pending_;  // bytes whose meaning later ids may change
  size_t strip_left_;
  bool first_;                        // Of a chain: whether no token came yet that begins a text.
  std::vector<std::string> waiting_;  // Of a chain that is not tokenwise: all tokens.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKEN_DECODER_H_
