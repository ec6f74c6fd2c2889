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
    : prefill_length_(app,
                      {.flag = "--prefill-length",
                       .placeholder = "N",
                       .help = "Positions per row; --truncate says what becomes of longer prompts",
                       .variable = "LLAMA_PREFILL_LENGTH",
                       .default_value = "128"}),
      batch_size_(app, {.flag = "--batch-size",
                        .placeholder = "N",
                        .help = "Rows per forward pass; fewer prompts are repeated to fill one",
                        .variable = "LLAMA_TEE_BATCH_SIZE",
                        .default_value = "1"}),
      truncate_(app, {.flag = "--truncate",
                      .placeholder = "WHERE",
                      .help = "Prompts of more than --prefill-length tokens: error, or cut on the "
                              "left (BOS stays) or on the right, with a warning",
                      .default_value = "right"}),
      prompts_(app, {.flag = "--prompts",
                     .placeholder = "FILE",
                     .help = "Prompts: text (one a line), .jsonl or .ndjson ({\"prompt\": text} or "
                             "{\"ids\": [..]} a line, \"id\" echoed back) or .json (an array of "
                             "such, of strings or of arrays of ids); - for standard input (the "
                             "variable: for none)",
                     .variable = "LLAMA_PROMPT_PATH"}),
      prompts_format_(app, {.flag = "--prompts-format",
                            .placeholder = "F",
                            .help = "text, json or jsonl, whatever the file's name",
                            .shown_default = "by the file's name; of a pipe, text"}),
      prompt_(app, {.flag = "--prompt",
                    .placeholder = "TEXT",
                    .help = "A prompt; may be repeated. Other users of this machine can read "
                            "command lines: secrets belong in a file",
                    .shown_default = "\"Hello, world!\""}) {
  prompt_.AllowRepeats();
  prompt_.option()->excludes(prompts_.option());
}

absl::Status PromptFlags::Read(PrefillJob& options) const {
  SOTTO_RETURN_IF_ERROR(ReadShape(options));
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
    if (options.prompts_path.empty()) return UsageError("--prompts: names no file");
    if (!prompts_format_.given()) return absl::OkStatus();
    SOTTO_ASSIGN_OR_RETURN(const size_t format, prompts_format_.Choice(kFormats));
    options.prompts_format = static_cast<PromptFormat>(format);
    return absl::OkStatus();
  } else {
    options.prompts = {"Hello, world!"};
  }
  if (!prompts_format_.given()) return absl::OkStatus();
  return UsageError("--prompts-format: does nothing without --prompts");
}

}  // namespace sotto
