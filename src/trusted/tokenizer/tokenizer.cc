#include "trusted/tokenizer/tokenizer.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/tokenizer_json.h"

namespace sotto {
namespace {

// Positions within a word are int32; the normaliser's space of three bytes still fits.
constexpr size_t kMaxTextBytes = size_t{1} << 29;
constexpr size_t kMaxNormalizedBytes = (size_t{1} << 31) - 1;

// Whether characters that the model lacks become a token that stands around texts: <|endoftext|> in
// the manner of GPT-2.
bool UnknownIsOfTemplate(const TokenizerDefinition& definition) {
  const auto unknown = definition.model.unk_id();
  const auto is_it = [&](int32_t id) { return id == unknown; };
  return std::ranges::any_of(definition.prefix_ids, is_it) ||
         std::ranges::any_of(definition.suffix_ids, is_it);
}

}  // namespace

struct Tokenizer::Parts {
  Parts(std::unique_ptr<const WordModel> word_model, DecoderTable decoder_table)
      : model(std::move(word_model)), decoder(std::move(decoder_table)) {}

  absl::Status AddTokens(TokenizerDefinition& definition);

  std::unique_ptr<const WordModel> model;
  DecoderTable decoder;
  std::vector<NormalizerStep> normalizer;
  std::vector<PreTokenizerStep> pre_tokenizer;
  std::vector<int32_t> prefix_ids, suffix_ids;
  BarredTokens special;                // not to come of plain text
  AddedTokenMatcher verbatim_added;    // looked for in text as given
  AddedTokenMatcher normalized_added;  // looked for in normalised text
  std::vector<std::string> warnings;
};

absl::Status Tokenizer::Parts::AddTokens(TokenizerDefinition& definition) {
  special.by_id.resize(definition.tokens.size());
  std::vector<AddedToken> verbatim, normalized;
  for (AddedToken& token : definition.added_tokens) {
    if (token.special) special.by_id[static_cast<size_t>(token.id)] = 1;
    if (!token.normalized) {
      verbatim.push_back(std::move(token));
      continue;
    }
    auto content = Normalize(definition.normalizer, token.content, kMaxAddedTokenBytes);
    if (!content.ok()) {
      return absl::InvalidArgumentError(StrCat("added_tokens: the content of id ", token.id,
                                               " is longer than ", kMaxAddedTokenBytes,
                                               " bytes once normalised"));
    }
    token.content = *std::move(content);
    // The reference cuts text at each byte then, and ends the process within a character.
    if (token.content.empty()) {
      return absl::InvalidArgumentError(
          StrCat("added_tokens: the content of id ", token.id, " is empty once normalised"));
    }
    normalized.push_back(std::move(token));
  }
  verbatim_added = AddedTokenMatcher(verbatim);
  normalized_added = AddedTokenMatcher(normalized);
  return absl::OkStatus();
}

namespace {

std::unique_ptr<const WordModel> MakeModel(ModelDefinition definition, bool byte_level) {
  if (auto* unigram = std::get_if<UnigramDefinition>(&definition)) {
    return std::make_unique<UnigramModel>(std::move(*unigram));
  }
  return std::make_unique<BpeModel>(
      std::move(std::get<BpeDefinition>(definition)),
      byte_level ? BpeModel::Family::kByteLevel : BpeModel::Family::kCharacters);
}

// One Encode() call: where the ids go and what is reused from word to word.
class Encoding {
 public:
  // Of a text of `text_bytes`.
  Encoding(const std::vector<PreTokenizerStep>& steps, const WordModel& model,
           const BarredTokens& special, size_t text_bytes, std::vector<int32_t>& ids)
      : pre_tokenizer_(steps, text_bytes), model_(model), special_(special), ids_(ids) {}

  void Add(int32_t id) { ids_.push_back(id); }

  // Normalised text without added tokens. `plain`: the model makes no special token of it either.
  absl::Status AddText(TextPiece piece, bool plain) {
    std::unique_ptr<WordEncoder>& words = plain ? plain_words_ : words_;
    if (words == nullptr) words = model_.NewEncoder(plain ? special_ : none_);
    return pre_tokenizer_.Run(piece,
                              [&](std::string_view word) { return words->Encode(word, ids_); });
  }

 private:
  const BarredTokens none_;
  PreTokenizer pre_tokenizer_;
  const WordModel& model_;
  const BarredTokens& special_;
  std::unique_ptr<WordEncoder> words_, plain_words_;  // Made when there is text for them.
  std::vector<int32_t>& ids_;
};

// Cuts at added tokens, or, where options say so, does not.
absl::Status SplitAddedTokens(const AddedTokenMatcher& added, const EncodeOptions& options,
                              std::string_view text, Encoding& encoding,
                              absl::FunctionRef<absl::Status(std::string_view)> on_text) {
  if (text.empty()) return absl::OkStatus();
  if (options.plain || added.empty()) return on_text(text);
  return added.Split(
      text, on_text, [&](int32_t id) { encoding.Add(id); }, options.plain_ranges);
}

// Of a stretch of `text`, which is normalised, ranges are not known any more: all of it is plain if
// a part is.
EncodeOptions OfStretch(const EncodeOptions& options, std::string_view text,
                        std::string_view stretch) {
  const size_t begin = stretch.data() - text.data(), end = begin + stretch.size();
  const bool plain = std::ranges::any_of(options.plain_ranges, [&](const auto& range) {
    return range.begin < end && begin < range.end;
  });
  return {.plain = options.plain || plain};
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

absl::StatusOr<Tokenizer> Tokenizer::Load(const std::string& path) {
  SOTTO_ASSIGN_OR_RETURN(const std::string json, ReadFile(path, kMaxFileBytes));
  return Parse(json, path);
}

absl::StatusOr<Tokenizer> Tokenizer::Parse(std::string_view json, const std::string& source) {
  SOTTO_ASSIGN_OR_RETURN(TokenizerDefinition definition, ParseTokenizerJson(json, source));
  const auto annotate = [&](const absl::Status& status) {
    return absl::Status(status.code(), ToAbsl(StrCat(source, ": ", ToStd(status.message()))));
  };
  auto decoder = DecoderTable::Create(definition.tokens, std::move(definition.decoder));
  if (!decoder.ok()) return annotate(decoder.status());
  const bool bars_unknown = UnknownIsOfTemplate(definition);
  auto parts = std::make_unique<Parts>(
      MakeModel(std::move(definition.model), definition.byte_level), *std::move(decoder));
  parts->special.unknown = bars_unknown;
  if (const absl::Status added = parts->AddTokens(definition); !added.ok()) return annotate(added);
  parts->normalizer = std::move(definition.normalizer);
  parts->pre_tokenizer = std::move(definition.pre_tokenizer);
  parts->prefix_ids = std::move(definition.prefix_ids);
  parts->suffix_ids = std::move(definition.suffix_ids);
  parts->warnings = std::move(definition.warnings);
  return Tokenizer(std::move(parts));
}

absl::StatusOr<std::vector<int32_t>> Tokenizer::Encode(std::string_view text,
                                                       const EncodeOptions& options) const {
  if (text.size() > kMaxTextBytes) {
    return absl::InvalidArgumentError(StrCat("text is longer than ", kMaxTextBytes, " bytes"));
  }
  if (const size_t valid = ValidUtf8Prefix(text); valid < text.size()) {
    return absl::InvalidArgumentError(StrCat("text is not UTF-8 at byte offset ", valid));
  }
  std::vector<int32_t> ids;
  Encoding encoding(parts_->pre_tokenizer, *parts_->model, parts_->special, text.size(), ids);
  if (options.add_bos) ids = parts_->prefix_ids;
  size_t left = std::min(NormalizedLimit(text.size()), kMaxNormalizedBytes);
  SOTTO_RETURN_IF_ERROR(SplitAddedTokens(
      parts_->verbatim_added, options, text, encoding,
      [&](std::string_view stretch) -> absl::Status {
        const size_t first = stretch.data() == text.data() ? NextUtf8(text).length : 0;
        SOTTO_ASSIGN_OR_RETURN(
            const AlignedText normalized,
            NormalizeAligned(parts_->normalizer, {std::string(stretch), first}, left));
        left -= normalized.text.size();
        const TextPiece whole{normalized.text, normalized.start_bytes};
        const EncodeOptions own = OfStretch(options, text, stretch);
        return SplitAddedTokens(
            parts_->normalized_added, own, whole.text, encoding,
            [&](std::string_view piece) { return encoding.AddText(whole.Part(piece), own.plain); });
      }));
  if (options.add_bos && !options.goes_on) {
    ids.insert(ids.end(), parts_->suffix_ids.begin(), parts_->suffix_ids.end());
  }
  return ids;
}

absl::StatusOr<std::string> Tokenizer::Decode(std::span<const int32_t> ids,
                                              const DecodeOptions& options) const {
  StreamingDecoder decoder(*this, options);
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto piece = decoder.Next(ids[i]);
    if (!piece.ok()) {
      return absl::InvalidArgumentError(
          StrCat("position ", i, ": id is not in [0, ", vocab_size(), ")"));
    }
    text.append(*piece);
  }
  return text.append(decoder.Finish());
}

std::string_view Tokenizer::TokenBytes(int32_t id) const { return parts_->decoder.BytesOf(id); }

size_t Tokenizer::vocab_size() const { return parts_->decoder.size(); }

std::span<const int32_t> Tokenizer::bos_ids() const { return parts_->prefix_ids; }

std::span<const int32_t> Tokenizer::eos_ids() const { return parts_->suffix_ids; }

const std::vector<std::string>& Tokenizer::warnings() const { return parts_->warnings; }

struct StreamingDecoder::State {
  const Tokenizer::Parts& parts;
  DecodeOptions options;
  TokenDecoder decoder;
};

StreamingDecoder::StreamingDecoder(const Tokenizer& tokenizer, const DecodeOptions& options)
    : state_(new State{*tokenizer.parts_, options,
                       TokenDecoder(tokenizer.parts_->decoder,
                                    options.inside_text ? TokenDecoder::Begin::kInsideText
                                                        : TokenDecoder::Begin::kText)}) {}
StreamingDecoder::~StreamingDecoder() = default;
StreamingDecoder::StreamingDecoder(StreamingDecoder&&) noexcept = default;

absl::StatusOr<std::string> StreamingDecoder::Next(int32_t id) {
  const size_t vocab_size = state_->parts.decoder.size();
  if (id < 0 || static_cast<size_t>(id) >= vocab_size) {
    return absl::InvalidArgumentError(StrCat("id is not in [0, ", vocab_size, ")"));
  }
  std::string text;
  if (!state_->options.skip_special || !state_->parts.special.Has(id)) {
    state_->decoder.Next(id, text);
  }
  return text;
}

std::string StreamingDecoder::Finish() {
  std::string text;
  state_->decoder.Finish(text);
  return text;
}

}  // namespace sotto
