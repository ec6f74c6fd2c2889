#include "sotto/model.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/cpu.h"
#include "base/file.h"
#include "base/strings.h"
#include "base/thread_pool.h"
#include "base/wiping_allocator.h"
#include "model/sealed_model.h"
#include "trusted/api/guarded.h"
#include "trusted/api/model_impl.h"
#include "trusted/api/option_checks.h"
#include "trusted/api/sentence_files.h"
#include "trusted/tokenizer/other_tokenizers.h"
#include "trusted/tokenizer/tokenizer_config.h"

namespace sotto {
namespace {

static_assert(kMaxTokenizerBytes == Tokenizer::kMaxFileBytes);

// The last part of the directory's path: what Hugging Face calls the model.
std::string NameOf(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path canonical = fs::canonical(path, error);
  return (canonical.has_filename() ? canonical : canonical.parent_path()).filename().string();
}

ModelInfo InfoOf(const Checkpoint& checkpoint, const std::string& path) {
  const ModelSpec& config = checkpoint.config();
  return {.name = NameOf(path),
          .path = path,
          .sealed = IsSealedModelPath(path),
          .architecture = config.architecture,
          .head = config.head,
          .parameters = checkpoint.parameter_count(),
          .layers = config.num_layers(),
          .hidden_size = config.hidden_size,
          .vocab_size = config.vocab_size,
          .max_positions = config.max_position_embeddings,
          .bos_ids = {config.bos_token_ids.begin(), config.bos_token_ids.end()},
          .eos_ids = {config.eos_token_ids.begin(), config.eos_token_ids.end()},
          .unknown_fields = config.unknown_fields,
          .warnings = config.warnings,
          .weight_warnings = config.weight_warnings,
          .logits_warning = config.logits_warning,
          .embedding_code = config.embedding_code};
}

// The model's tokenizer, or none where it has none.
absl::StatusOr<std::unique_ptr<const Tokenizer>> LoadTokenizer(const Checkpoint& checkpoint) {
  SOTTO_ASSIGN_OR_RETURN(const std::string* json, checkpoint.TokenizerJson());
  if (json == nullptr) return std::unique_ptr<const Tokenizer>();
  SOTTO_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::Parse(*json, StrCat(checkpoint.directory(),
                                                                             "/", kTokenizerName)));
  return std::make_unique<const Tokenizer>(std::move(tokenizer));
}

// config.json may name several; texts begin with the first.
std::span<const int32_t> BosOfConfig(const ModelInfo& info) {
  return std::span(info.bos_ids).first(std::min<size_t>(1, info.bos_ids.size()));
}

absl::StatusOr<UnsealOptions> Unsealing(const ModelOptions& options) {
  UnsealOptions unseal{.key_file = options.key_file, .key = options.key};
  if (options.sealed_root.empty()) return unseal;
  SOTTO_ASSIGN_OR_RETURN(unseal.root, HashFromHex(options.sealed_root, "sealed_root"));
  return unseal;
}

absl::StatusOr<std::shared_ptr<const Model::Impl>> OpenImpl(const std::string& path,
                                                            const ModelOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckThreads(options.threads));
  const int threads = options.threads > 0 ? options.threads : AvailableProcessors();
  auto pool = std::make_unique<ThreadPool>(threads);
  SOTTO_ASSIGN_OR_RETURN(const UnsealOptions unseal, Unsealing(options));
  SOTTO_ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenModel(path, unseal, *pool));
  // Before a prompt meets the tokenizer: a hostile one tells of the text by the number of tokens.
  const ModelPins pins{.model_sha256 = options.model_sha256,
                       .weights_sha256 = options.weights_sha256};
  SOTTO_RETURN_IF_ERROR(checkpoint.CheckPins(pins, *pool));
  auto impl = std::make_shared<Model::Impl>(std::move(checkpoint));
  impl->info = InfoOf(impl->checkpoint, path);
  impl->pinned = pins.any() || unseal.root.has_value();
  impl->threads = threads;
  impl->pools.Give(std::move(pool));
  SOTTO_ASSIGN_OR_RETURN(impl->tokenizer, LoadTokenizer(impl->checkpoint));
  if (impl->tokenizer != nullptr) {
    // tokenizer_config.json is part of no sealed model.
    TokenizerFileWarnings odd = WarningsOfTokenizer(
        *impl->tokenizer, impl->info.sealed ? "" : StrCat(path, "/", kTokenizerConfigName));
    impl->info.tokenizer_warnings = std::move(odd.general);
    impl->info.bos_warning = std::move(odd.bos);
    impl->info.eos_warning = std::move(odd.eos);
  }
  if (!impl->info.sealed) {
    impl->info.trained_embedding = ReadSentenceFiles(path);
    impl->info.embedding_warnings = EmbeddingWarnings(impl->info.trained_embedding);
  }
  return std::shared_ptr<const Model::Impl>(std::move(impl));
}

EncodeOptions InTokenizerTerms(const EncodeTextOptions& options) {
  return {.plain = !options.special_tokens,
          .add_bos = options.bos != BosUse::kNever,
          .goes_on = options.goes_on};
}

absl::Status NoTokenizer(const ModelInfo& info) {
  return absl::FailedPreconditionError(StrCat("the model has no tokenizer.json, which text needs",
                                              info.sealed ? "" : OtherTokenizerIn(info.path)));
}

// Whether BOS has to come from config.json. REQUIRES: a tokenizer.
bool NeedsConfigBos(const Model::Impl& model, const EncodeTextOptions& options) {
  return options.bos == BosUse::kAlways && model.tokenizer->bos_ids().empty();
}

absl::Status CheckHasBos(const Model::Impl& model, const EncodeTextOptions& options) {
  if (!NeedsConfigBos(model, options) || !model.info.bos_ids.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "bos: neither the template of tokenizer.json nor bos_token_id of config.json says which "
      "token is BOS");
}

void AddConfigBos(const Model::Impl& model, const EncodeTextOptions& options, TokenIds& ids) {
  if (!NeedsConfigBos(model, options)) return;
  const std::span<const int32_t> bos = BosOfConfig(model.info);
  ids.insert(ids.begin(), bos.begin(), bos.end());
}

}  // namespace

absl::StatusOr<Model> Model::Open(const std::string& path, const ModelOptions& options) {
  return Guarded([&]() -> absl::StatusOr<Model> {
    SOTTO_ASSIGN_OR_RETURN(std::shared_ptr<const Impl> impl, OpenImpl(path, options));
    return Model(std::move(impl));
  });
}

const ModelInfo& Model::info() const { return impl_->info; }

absl::StatusOr<ModelDigestSet> Model::Digests() const {
  return Guarded([&]() -> absl::StatusOr<ModelDigestSet> {
    std::unique_ptr<ThreadPool> pool = impl_->pools.Take(impl_->threads);
    const absl::StatusOr<ModelDigests> digests = impl_->checkpoint.Digests(*pool);
    impl_->pools.Give(std::move(pool));
    SOTTO_RETURN_IF_ERROR(digests.status());
    return ModelDigestSet{.model = digests->model_sha256(),
                          .config = digests->config_sha256,
                          .tokenizer = digests->tokenizer_sha256,
                          .weights = digests->weights_sha256};
  });
}

bool Model::has_tokenizer() const { return impl_->tokenizer != nullptr; }

std::span<const int32_t> Model::bos_ids(BosUse bos) const {
  if (!has_tokenizer() || bos == BosUse::kNever) return {};
  const std::span<const int32_t> of_template = impl_->tokenizer->bos_ids();
  return of_template.empty() && bos == BosUse::kAlways ? BosOfConfig(impl_->info) : of_template;
}

absl::StatusOr<std::vector<int32_t>> Model::Encode(std::string_view text,
                                                   const EncodeTextOptions& options) const {
  if (!has_tokenizer()) return NoTokenizer(impl_->info);
  return Guarded([&]() -> absl::StatusOr<TokenIds> {
    SOTTO_RETURN_IF_ERROR(CheckHasBos(*impl_, options));
    absl::StatusOr<TokenIds> ids = impl_->tokenizer->Encode(text, InTokenizerTerms(options));
    if (ids.ok()) AddConfigBos(*impl_, options, *ids);
    return ids;
  });
}

absl::StatusOr<TokenIds> Model::EncodeParts(std::span<const TextPart> parts,
                                            const EncodeTextOptions& options) const {
  if (!has_tokenizer()) return NoTokenizer(impl_->info);
  return Guarded([&]() -> absl::StatusOr<TokenIds> {
    SOTTO_RETURN_IF_ERROR(CheckHasBos(*impl_, options));
    std::string text;
    std::vector<AddedTokenMatcher::Range> plain;
    for (const TextPart& part : parts) {
      const size_t begin = text.size();
      text += part.text;
      if (!part.special_tokens && !part.text.empty()) plain.push_back({begin, text.size()});
    }
    EncodeOptions encoding = InTokenizerTerms(options);
    encoding.plain_ranges = plain;
    absl::StatusOr<TokenIds> ids = impl_->tokenizer->Encode(text, encoding);
    WipeContents(text);
    if (ids.ok()) AddConfigBos(*impl_, options, *ids);
    return ids;
  });
}

absl::StatusOr<std::string> Model::Decode(std::span<const int32_t> ids) const {
  if (!has_tokenizer()) return NoTokenizer(impl_->info);
  return Guarded([&] { return impl_->tokenizer->Decode(ids, {}); });
}

std::vector<std::optional<std::string>> Model::TokenTexts(std::span<const int32_t> ids) const {
  std::vector<std::optional<std::string>> texts;
  if (!has_tokenizer()) return texts;
  StreamingDecoder decoder(*impl_->tokenizer, {});
  std::optional<size_t> last;  // Of those that have a text.
  for (const int32_t id : ids) {
    absl::StatusOr<std::string> text = decoder.Next(id);
    if (text.ok()) last = texts.size();
    texts.push_back(text.ok() ? std::optional<std::string>(*std::move(text)) : std::nullopt);
  }
  if (last.has_value()) *texts[*last] += decoder.Finish();
  return texts;
}

std::vector<std::optional<std::string>> Model::TokenTextsApart(std::span<const int32_t> ids) const {
  std::vector<std::optional<std::string>> texts;
  if (!has_tokenizer()) return texts;
  StreamingDecoder decoder(*impl_->tokenizer, {.inside_text = true});
  for (const int32_t id : ids) {
    absl::StatusOr<std::string> text = decoder.Next(id);
    texts.push_back(text.ok() ? std::optional<std::string>(*text + decoder.Finish())
                              : std::nullopt);
  }
  return texts;
}

std::optional<std::string> Model::TokenBytes(int32_t id) const {
  if (!has_tokenizer() || id < 0 || static_cast<size_t>(id) >= impl_->tokenizer->vocab_size()) {
    return std::nullopt;
  }
  return std::string(impl_->tokenizer->TokenBytes(id));
}

}  // namespace sotto
