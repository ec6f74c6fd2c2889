// The parts of tokenizer.json, each parsed by itself. Internal to the parser.
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_PARTS_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_PARTS_H_

#include <string>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/json_value.h"
#include "trusted/tokenizer/tokenizer_json.h"

namespace sotto {

// Steps of a post_processor or decoder, and ids of a template: no tokenizer in use has a third as
// many.
inline constexpr size_t kMaxSteps = 32;
// The same of a normalizer or a pre_tokenizer. Each costs time for each byte of a text; none in use
// has more than four.
inline constexpr size_t kMaxTextSteps = 8;
inline constexpr char kTooManyTextSteps[] = "has more than 8 steps in all";

// The most tokens, and merges: four times the most that a model has had.
inline constexpr size_t kMaxVocabulary = size_t{1} << 21;

// `model`: BPE or Unigram; without a type, what its fields are those of.
absl::StatusOr<ModelDefinition> ParseModel(const JsonValue& model);

// `added_tokens`. Sets added_tokens, special and tokens, with the ids that the reference gives; a
// warning where the file has another. REQUIRES: definition.model is complete.
absl::Status ParseAddedTokens(const JsonValue& root, TokenizerDefinition& definition);

// `pattern`, {"Regex": ..} or {"String": ..}, with one member indeed.
absl::StatusOr<JsonValue> PatternMember(const JsonValue& step);
absl::StatusOr<SplitPattern> ParsePattern(const JsonValue& pattern);

// `normalizer`.
absl::Status ParseNormalizer(const JsonValue& normalizer, std::vector<NormalizerStep>& steps);

// One Replace, of the normaliser or the decoder.
absl::StatusOr<NormalizerStep> ParseReplace(const JsonValue& replace);

// `pre_tokenizer`.
absl::Status ParsePreTokenizer(const JsonValue& pre_tokenizer,
                               std::vector<PreTokenizerStep>& steps);

// Of ByteLevel, as pre-tokenizer, post-processor and decoder: the reference wants all but the last
// in each, whatever it uses.
struct ByteLevelFlags {
  bool add_prefix_space = false, trim_offsets = false;
  bool use_regex = true;
};
absl::StatusOr<ByteLevelFlags> ParseByteLevelFlags(const JsonValue& byte_level);

// Of Metaspace, as pre-tokenizer and as decoder: prepend_scheme, or the older add_prefix_space.
using MetaspacePrepend = PreTokenizerStep::Prepend;
absl::StatusOr<MetaspacePrepend> ParseMetaspacePrepend(const JsonValue& metaspace);

// `post_processor`: ByteLevel (which moves offsets only), TemplateProcessing, BertProcessing,
// RobertaProcessing, Sequence of these. Sets prefix_ids and suffix_ids. REQUIRES: definition.tokens
// is complete.
absl::Status ParsePostProcessor(const JsonValue& post_processor, TokenizerDefinition& definition);

// `decoder`. A step that is not known makes a warning.
absl::StatusOr<DecoderSteps> ParseDecoder(const JsonValue& decoder,
                                          std::vector<std::string>& warnings);
// What a null one does: tokens with spaces between them.
DecoderSteps NoDecoder();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_PARTS_H_
