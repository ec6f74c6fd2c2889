// Text <-> token ids, from a Hugging Face tokenizer.json alone. TRUSTED: holds prompts.
// All of tokenizer.json that decoder models use (docs/tokenizers.md). Ids and text are those of the
// `tokenizers` reference, byte for byte. No message ever contains text or ids that were passed in.
// Not constant-time: memory access and time follow the text.
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKENIZER_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKENIZER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/added_tokens.h"

namespace sotto {

struct EncodeOptions {
  // Text that spells an added token (<|eot_id|>, </s>) is encoded as ordinary text: no id of a
  // special one comes of it, whatever the model's own vocabulary holds, but of an unknown token
  // that stands for a character that the model lacks.
  bool plain = false;
  // Parts of the text that are so too, and that no added token reaches into: disjoint, rising.
  std::span<const AddedTokenMatcher::Range> plain_ranges = {};
  // Adds what the post-processor's template puts around a text: for Llama, BOS before it.
  bool add_bos = false;
  // Of that, not what stands behind it.
  bool goes_on = false;
};

struct DecodeOptions {
  bool skip_special = false;
  // The ids stand behind others: the decoder cuts no blank off as it does where a text begins.
  bool inside_text = false;
};

// Immutable once made; const members may be called from several threads at once.
class Tokenizer {
 public:
  // The largest in use has a third of this.
  static constexpr size_t kMaxFileBytes = size_t{1} << 26;

  // Reads a tokenizer.json. NOT_FOUND and the like for the file itself; DATA_LOSS when it is not
  // JSON (truncated); INVALID_ARGUMENT naming file and field for a missing, wrong-typed or
  // contradictory one; UNIMPLEMENTED naming a component that is not supported.
  static absl::StatusOr<Tokenizer> Load(const std::string& path);
  // The same from the file's text; `source` names it in errors.
  static absl::StatusOr<Tokenizer> Parse(std::string_view json, const std::string& source);

  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // INVALID_ARGUMENT for text that is not UTF-8 (with the offset of the first bad byte), longer
  // than 512 MiB, made more than 16 times as long by the normaliser or beyond the limit of steps in
  // the regular expressions; or with a character that the model lacks and has no substitute for,
  // or, where it is plain, none but a special token. O(n log n) in the text's length, whatever text
  // and tokenizer.json.
  absl::StatusOr<std::vector<int32_t>> Encode(std::string_view text,
                                              const EncodeOptions& options) const;

  // Always valid UTF-8: bytes that are not become U+FFFD. INVALID_ARGUMENT, naming the position,
  // for an id outside [0, vocab_size()).
  absl::StatusOr<std::string> Decode(std::span<const int32_t> ids,
                                     const DecodeOptions& options) const;

  // The bytes that an id stands for inside a text, not always whole characters. REQUIRES: id is in
  // [0, vocab_size()).
  std::string_view TokenBytes(int32_t id) const;

  // Ids are 0 .. vocab_size() - 1, added tokens included.
  size_t vocab_size() const;
  // Ids that the template puts before a text; empty when it has none.
  std::span<const int32_t> bos_ids() const;
  // The same behind a text.
  std::span<const int32_t> eos_ids() const;
  // One line each: where the file says something else than it does, and what is done.
  const std::vector<std::string>& warnings() const;

 private:
  friend class StreamingDecoder;
  struct Parts;
  explicit Tokenizer(std::unique_ptr<const Parts> parts);

  std::unique_ptr<const Parts> parts_;
};

// Decodes one id at a time. What Next() and Finish() return, joined, is Decode() of all ids, and
// each piece is valid UTF-8 by itself: bytes wait until no later id can change what they mean.
class StreamingDecoder {
 public:
  // `tokenizer` must outlive this object.
  StreamingDecoder(const Tokenizer& tokenizer, const DecodeOptions& options);
  ~StreamingDecoder();
  StreamingDecoder(StreamingDecoder&&) noexcept;

  // Text that became certain, possibly empty. INVALID_ARGUMENT for an id outside the vocabulary,
  // after which the decoder is as it was before the call.
  absl::StatusOr<std::string> Next(int32_t id);
  // The rest; the decoder starts anew.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKENIZER_H_
