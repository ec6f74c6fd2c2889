// A model: what is opened once and served by any number of Prefills.
//
// Every function reports errors as absl::Status. INVALID_ARGUMENT: the call is wrong, or a file's
// field; FAILED_PRECONDITION: the set-up is (another model than the pinned one, too little memory);
// DATA_LOSS: a file is damaged; UNIMPLEMENTED: a model or option that is not supported;
// RESOURCE_EXHAUSTED: memory that the system does not give. Messages name files, fields, offsets
// and shapes, never text or token ids. No function throws, ends the process, or changes what is
// the process's (signals, locale, OpenMP's number of threads).
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

namespace sotto {

using TokenIds = std::vector<int32_t>;

struct ModelOptions {
  // Digests that the model must have, 64 hex digits each (`sotto model inspect` prints them);
  // empty: any. What is pinned is hashed before the tokenizer sees a prompt.
  std::string model_sha256 = {};
  std::string weights_sha256 = {};
  // Of sealed models only: the root it must have (64 hex digits), and the file with its key.
  std::string sealed_root = {};
  std::string key_file = {};
  int threads = 0;  // For hashing; 0: all processors.
};

// The shape of a model. Public data.
struct ModelInfo {
  std::string name = {};  // The last part of its path.
  std::string path = {};
  bool sealed = false;
  uint64_t parameters = 0;
  size_t layers = 0;
  size_t hidden_size = 0;
  size_t vocab_size = 0;
  size_t max_positions = 0;  // The longest prompt it takes, in tokens.
  // Fields of config.json that nothing here knows, and that were left out: results are wrong if the
  // model computes something else because of one.
  std::vector<std::string> unknown_fields = {};
};

// 64 lower-case hex digits each (docs/result_format.md).
struct ModelDigestSet {
  std::string model = {};
  std::string config = {};
  std::string tokenizer = {};  // Empty where there is no tokenizer.json.
  std::string weights = {};
};

struct EncodeTextOptions {
  // Puts before the text what the tokenizer's template does: for Llama, BOS.
  bool add_bos = true;
  // Text that spells a special token (<|eot_id|>, </s>) becomes that token, as Hugging Face does;
  // false: it is ordinary text, which is what untrusted text should be.
  bool special_tokens = true;
};

// A handle: copies share one open model. Thread-safe. After fork() a child must not use it but may
// let it go.
class Model {
 public:
  // `path`: a Hugging Face directory (config.json, tokenizer.json, safetensors) or a sealed model.
  // Checks headers, shapes and dtypes; weights are read when a Prefill is
  // made, a sealed model's at once.
  static absl::StatusOr<Model> Open(const std::string& path, const ModelOptions& options = {});

  const ModelInfo& info() const;
  // Hashes the weights where that was not done yet: seconds for a large model.
  absl::StatusOr<ModelDigestSet> Digests() const;

  // Without a tokenizer.json only token ids can be served.
  bool has_tokenizer() const;
  // Ids that the template puts before a text; empty when it has none.
  std::span<const int32_t> bos_ids() const;
  // INVALID_ARGUMENT for text that is not UTF-8, with the offset; FAILED_PRECONDITION without a
  // tokenizer. Not constant-time: memory access and time follow the text.
  absl::StatusOr<TokenIds> Encode(std::string_view text,
                                  const EncodeTextOptions& options = {}) const;
  // Always valid UTF-8. INVALID_ARGUMENT, naming the position, for an id that is none.
  absl::StatusOr<std::string> Decode(std::span<const int32_t> ids) const;
  // One text an id, none where the tokenizer has none; joined they are the whole text. Bytes of a
  // character that several ids spell appear with the last of them. Empty without a tokenizer.
  std::vector<std::optional<std::string>> TokenTexts(std::span<const int32_t> ids) const;

  struct Impl;

 private:
  friend class Prefill;
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_H_
