#include "cli/prompt_flags.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "cli/command.h"

namespace sotto {
namespace {

constexpr int64_t kMaxLength = std::numeric_limits<int32_t>::max();
constexpr int64_t kMaxBatchSize = 65536;
// In the order of the enumerators.
constexpr std::array<std::string_view, 3> kFormats = {"text", "json", "jsonl"};
// What scripts set LLAMA_PROMPT_PATH to when they have no file.
constexpr char kNone[] = "-";

}  // namespace

PromptFlags::PromptFlags(CLI::App& app)
    : prefill_length_(app, {.flag = "--prefill-length",
                            .placeholder = "N",
                            .help = "Positions per row; for longer prompts see --truncate",
                            .variable = "LLAMA_PREFILL_LENGTH",
                            .default_value = "128"}),
      batch_size_(app, {.flag = "--batch-size",
                        .placeholder = "N",
                        .help = "Rows per forward pass; fewer prompts are repeated to fill it",
                        .variable = "LLAMA_TEE_BATCH_SIZE",
                        .default_value = "1"}),
      truncate_(app,
                {.flag = "--truncate",
                 .placeholder = "WHERE",
                 .help = "What to do with prompts of more than --prefill-length tokens: error, "
                         "or cut them on the left (keeping BOS) or right, with a warning",
                 .default_value = "right"}),
      prompts_(app, {.flag = "--prompts",
                     .placeholder = "FILE",
                     .help = "Prompts: text (one per line), .jsonl or .ndjson ({\"prompt\": text}, "
                             "{\"text\": text} or {\"ids\": [..]} per line; \"id\" is echoed) or "
                             ".json (an array of "
                             "such objects, strings or arrays of ids); - for standard input (in "
                             "the variable: no file)",
                     .variable = "LLAMA_PROMPT_PATH"}),
      prompts_format_(app, {.flag = "--prompts-format",
                            .placeholder = "F",
                            .help = "text, json or jsonl, regardless of the file name",
                            .shown_default = "by the file name; text for a pipe"}),
      prompt_(app, {.flag = "--prompt",
                    .placeholder = "TEXT",
                    .help = "A prompt; repeatable. Other users of this machine can read command "
                            "lines: put secrets in a file",
                    .shown_default = "\"Hello, world!\""}),
      text_(app) {
  prompt_.AllowRepeats();
  prompt_.option()->excludes(prompts_.option());
}

absl::Status PromptFlags::Read(PrefillJob& options) const {
  SOTTO_RETURN_IF_ERROR(ReadShape(options));
  SOTTO_ASSIGN_OR_RETURN(options.encoding, text_.Read());
  return ReadPrompts(options);
}

void PromptFlags::AddFiles(const PrefillJob& options, NamedFiles& files) const {
  files.inputs.push_back({prompts_.source(), options.prompts_path});
}

absl::Status PromptFlags::ReadShape(PrefillJob& options) const {
  SOTTO_ASSIGN_OR_RETURN(options.prefill.prefill_length, prefill_length_.Integer(1, kMaxLength));
  options.prefill_length_source = prefill_length_.source();
  SOTTO_ASSIGN_OR_RETURN(options.prefill.batch_size, batch_size_.Integer(1, kMaxBatchSize));
  SOTTO_ASSIGN_OR_RETURN(const size_t truncation, truncate_.Choice(kTruncationNames));
  options.truncation = static_cast<Truncation>(truncation);
  return absl::OkStatus();
}

absl::Status PromptFlags::ReadPrompts(PrefillJob& options) const {
  if (prompt_.given_by_flag()) {
    options.prompts = prompt_.List();
  } else if (prompts_.given_by_flag() || (prompts_.given() && prompts_.value() != kNone)) {
    options.prompts_path = InputPath(prompts_.value());
    if (options.prompts_path.empty()) return UsageError("--prompts: the file name is empty");
    if (!prompts_format_.given()) return absl::OkStatus();
    SOTTO_ASSIGN_OR_RETURN(const size_t format, prompts_format_.Choice(kFormats));
    options.prompts_format = static_cast<PromptFormat>(format);
    return absl::OkStatus();
  } else {
    options.prompts = {"Hello, world!"};
  }
  if (!prompts_format_.given()) return absl::OkStatus();
  return UsageError("--prompts-format: has no effect without --prompts");
}

}  // namespace sotto
