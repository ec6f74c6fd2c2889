// A model, opened once and shared by any number of Prefills.
//
// Every function reports errors as absl::Status. INVALID_ARGUMENT: an argument, or a field of a
// file, is wrong. NOT_FOUND, PERMISSION_DENIED: a file is missing or cannot be read.
// FAILED_PRECONDITION: the set-up is wrong (not the pinned model, too little memory). DATA_LOSS: a
// file is damaged. UNIMPLEMENTED: the model or option is not supported. RESOURCE_EXHAUSTED: the
// system refuses memory. Messages name files, fields, offsets and shapes, never text or token ids.
// No function throws, ends the process, or changes process-wide state (signals, locale, OpenMP's
// number of threads).
#ifndef SOTTO_MODEL_H_
#define SOTTO_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sotto/head.h"
#include "sotto/scores.h"

namespace sotto {

using TokenIds = std::vector<int32_t>;

struct ModelOptions {
  // Digests the model must have, 64 hex digits each (`sotto model inspect` prints them); empty:
  // any. A pinned model is hashed before its tokenizer sees a prompt.
  std::string model_sha256 = {};
  std::string weights_sha256 = {};
  // Sealed models only: the root the model must have (64 hex digits), and the path of its key.
  std::string sealed_root = {};
  std::string key_file = {};
  // In place of key_file: the key itself, 32 bytes of the caller's, which Open() reads and does not
  // keep.
  std::span<const uint8_t> key = {};
  int threads = 0;  // For opening and hashing; 0: all processors.
};

// How a model was trained to make embeddings, by files of sentence-transformers beside it
// (modules.json). They are part of no sealed model and covered by no digest: results do not depend
// on them.
struct TrainedEmbedding {
  std::optional<Pooling> pooling = {};
  std::string pooling_file = {};  // Which says so: "1_Pooling/config.json".
  bool normalize = false;
  // What they ask for that is not supported, a sentence each, with the name of the file before it.
  std::vector<std::string> unsupported = {};
};

// The shape of a model. Public data.
struct ModelInfo {
  std::string name = {};  // The last component of its path.
  std::string path = {};
  bool sealed = false;
  std::string architecture = {};  // "LlamaForCausalLM": what it was taken for.
  HeadSpec head = {};
  uint64_t parameters = 0;
  size_t layers = 0;
  size_t hidden_size = 0;
  size_t vocab_size = 0;
  size_t max_positions = 0;                         // Longest prompt, in tokens.
  std::vector<int32_t> bos_ids = {}, eos_ids = {};  // By config.json: tokens around a text.
  // Fields of config.json that Sotto does not know and ignores. If one of them changes what the
  // model computes, results are wrong.
  std::vector<std::string> unknown_fields = {};
  // What else is odd about config.json, a sentence each; results do not depend on it.
  std::vector<std::string> warnings = {};
  // The same of the weights, with the name of the file before it; and one of logits, which may mean
  // nothing, if anything speaks against them.
  std::vector<std::string> weight_warnings = {};
  std::string logits_warning = {};
  // What is odd about the tokenizer's files, a sentence each, with the name of the file before it.
  std::vector<std::string> tokenizer_warnings = {};
  // The same, where tokenizer_config.json asks for another token before or behind a text than
  // tokenizer.json puts there; empty where they agree. Of no account where BosUse is chosen.
  std::string bos_warning = {}, eos_warning = {};
  // The class of the checkpoint's own code that makes its embeddings, as config.json's
  // auto_map.AutoModel names it. Sotto runs no such code: where there is one, Embed() is refused.
  std::string embedding_code = {};
  TrainedEmbedding trained_embedding = {};
  // Where that is other than the defaults of EmbedOptions, the same way.
  std::vector<std::string> embedding_warnings = {};
};

// 64 lower-case hex digits each (docs/result_format.md).
struct ModelDigestSet {
  std::string model = {};
  std::string config = {};
  std::string tokenizer = {};  // Empty where there is no tokenizer.json.
  std::string weights = {};
};

// The tokens that are put around a text.
enum class BosUse {
  kAuto,    // what the tokenizer's template says: for Llama, BOS before it
  kAlways,  // the same; and where the template has no BOS, the one that config.json names
  kNever,   // none, nor what the template puts behind it
};

struct EncodeTextOptions {
  BosUse bos = BosUse::kAuto;
  // More follows: what the template puts behind a text, as some put EOS, is left out.
  bool goes_on = false;
  // Text that spells a special token (<|eot_id|>, </s>) becomes that token, as in Hugging Face.
  // false: it stays ordinary text; use this for text you do not trust.
  bool special_tokens = true;
};

// A part of a text: a template of the program's own, or what somebody fills in.
struct TextPart {
  std::string_view text = {};
  // false: no special token is made of the part, nor of its end and what stands beside it.
  bool special_tokens = true;
};

// A handle: copies share one open model, which lives as long as the last copy or Prefill.
// Thread-safe. After fork() a child may destroy it but must not use it.
class Model {
 public:
  // `path`: a Hugging Face directory (config.json, tokenizer.json, safetensors) or a sealed model.
  // Checks headers, shapes and dtypes. The weights of a directory are read when a Prefill is
  // created; those of a sealed model are read and verified here.
  static absl::StatusOr<Model> Open(const std::string& path, const ModelOptions& options = {});

  const ModelInfo& info() const;
  // Hashes the weights unless that has been done: seconds for a large model.
  absl::StatusOr<ModelDigestSet> Digests() const;

  // False without a tokenizer.json: prompts must then be token ids.
  bool has_tokenizer() const;
  // The ids that Encode puts before a text; empty if there are none. Valid as long as the model.
  std::span<const int32_t> bos_ids(BosUse bos = BosUse::kAuto) const;
  // INVALID_ARGUMENT, with the offset, for text that is not UTF-8; FAILED_PRECONDITION without a
  // tokenizer, or with kAlways if nothing says which token is BOS. Not constant-time: time and
  // memory accesses depend on the text.
  absl::StatusOr<TokenIds> Encode(std::string_view text,
                                  const EncodeTextOptions& options = {}) const;
  // The same of the parts' texts, one after the other, as one text.
  absl::StatusOr<TokenIds> EncodeParts(std::span<const TextPart> parts,
                                       const EncodeTextOptions& options = {}) const;
  // Always valid UTF-8. INVALID_ARGUMENT, with the position, for an id outside the vocabulary;
  // FAILED_PRECONDITION without a tokenizer.
  absl::StatusOr<std::string> Decode(std::span<const int32_t> ids) const;
  // One text per id, nullopt for an id the tokenizer lacks; concatenated they are the whole text. A
  // character spelled by several ids appears with the last of them. Empty without a tokenizer.
  std::vector<std::optional<std::string>> TokenTexts(std::span<const int32_t> ids) const;
  // The same of ids that have nothing to do with each other, like the most likely tokens of Scores:
  // each as it would stand inside a text, its blank before it. U+FFFD stands for bytes that are no
  // character by themselves.
  std::vector<std::optional<std::string>> TokenTextsApart(std::span<const int32_t> ids) const;

  // The bytes that an id stands for inside a text: perhaps part of a character only. Nullopt for an
  // id the tokenizer lacks, and without a tokenizer.
  std::optional<std::string> TokenBytes(int32_t id) const;

  struct Impl;

 private:
  friend class Prefill;
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_H_
