// The parts of tokenizer.json, each parsed by itself. Internal to the parser.
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_PARTS_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_PARTS_H_

#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/json_value.h"
#include "trusted/tokenizer/tokenizer_json.h"

namespace sotto {

// Steps of a normalizer, pre_tokenizer, post_processor or decoder, and ids of a template: no
// tokenizer in use has a third as many, and every one costs time for each byte of a text.
inline constexpr size_t kMaxSteps = 32;

// `model`: type BPE. Its ids are below id_limit, which added tokens share; definition.tokens has
// id_limit entries.
absl::StatusOr<BpeDefinition> ParseBpeModel(const JsonValue& model, size_t added_tokens);

// `normalizer`: Prepend, Replace of a string, Sequence of these.
absl::Status ParseNormalizer(const JsonValue& normalizer, std::vector<NormalizerStep>& steps);

// One Replace, of the normaliser or the decoder.
absl::StatusOr<NormalizerStep> ParseReplace(const JsonValue& replace);

// `pre_tokenizer`: Split, ByteLevel, Sequence of these. Sets splits and byte_level.
absl::Status ParsePreTokenizer(const JsonValue& pre_tokenizer, TokenizerDefinition& definition);

// `post_processor`: ByteLevel (which moves offsets only), TemplateProcessing, Sequence of these.
// Sets prefix_ids and suffix_ids. REQUIRES: definition.tokens is complete.
absl::Status ParsePostProcessor(const JsonValue& post_processor, TokenizerDefinition& definition);

// `decoder`: ByteLevel, or a Sequence of Replace*, ByteFallback, Fuse, Strip.
absl::StatusOr<DecoderSteps> ParseDecoder(const JsonValue& decoder);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_PARTS_H_
