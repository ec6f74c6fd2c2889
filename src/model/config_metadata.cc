#include "model/config_metadata.h"

#include <algorithm>
#include <array>

#include "model/printable.h"

namespace sotto {
namespace {

// Sorted. Those of transformers' PreTrainedConfig and ModelSpec, of tools that write Llama
// models, and of generation, whose settings older configs hold.
constexpr std::array kMetadata = std::to_array<std::string_view>({
    "attention_dropout",
    "attention_probs_dropout_prob",
    "attn_implementation",
    "attn_pdrop",
    "bad_words_ids",
    "begin_suppress_tokens",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "cls_token_id",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "early_stopping",
    "embd_pdrop",
    "encoder_no_repeat_ngram_size",
    "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "gradient_checkpointing",
    "hidden_dropout",
    "hidden_dropout_prob",
    "id2label",
    "initializer_range",
    "is_decoder",
    "label2id",
    "length_penalty",
    "mask_token_id",
    "max_length",
    "max_new_tokens",
    "max_sequence_length",
    "max_window_layers",  // With use_sliding_window, which is read.
    "min_length",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_labels",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "output_scores",
    "pad_token_id",
    "prefix",
    "pretraining_tp",  // In how many slices a product was computed.
    "problem_type",
    "remove_invalid_values",
    "repetition_penalty",
    "resid_pdrop",
    "return_dict",
    "return_dict_in_generate",
    "sep_token_id",
    "sliding_window",  // Where use_sliding_window is false; else it is read.
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tie_encoder_decoder",
    "tokenizer_class",
    "top_k",
    "top_p",
    "torchscript",
    "transformers.js_config",
    "transformers_version",
    "typical_p",
    "unk_token_id",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
});
static_assert(std::ranges::is_sorted(kMetadata));

}  // namespace

bool IsConfigMetadata(std::string_view field) {
  // transformers' own: "_name_or_path", "_attn_implementation".
  return field.starts_with('_') || std::ranges::binary_search(kMetadata, field);
}

std::vector<std::string> UnknownConfigFields(const JsonFields& fields) {
  std::vector<std::string> unknown;
  for (const std::string& name : fields.Unread()) {
    if (!IsConfigMetadata(name)) unknown.push_back(Printable(name));
  }
  return unknown;
}

}  // namespace sotto
