// What the user should know of the prompts before their scores are believed. TRUSTED.
#ifndef SOTTO_CLI_PROMPT_WARNINGS_H_
#define SOTTO_CLI_PROMPT_WARNINGS_H_

#include <span>
#include <string>
#include <vector>

#include "cli/batch_rows.h"
#include "cli/prompt_file.h"
#include "trusted/tee/platform.h"

namespace sotto {

// A line for the prompts that were cut, and one for those whose text begins with the BOS that the
// tokenizer put before it once more; each counts them and names the first few by their source,
// never by what they say. None where the platform keeps the host from this process's memory: the
// host reads stderr, and the lines tell something of the prompts. The result tells it everywhere.
std::vector<std::string> PromptWarnings(std::span<const Prompt> prompts, const BatchRows& rows,
                                        Truncation truncation, Platform platform);

}  // namespace sotto

#endif  // SOTTO_CLI_PROMPT_WARNINGS_H_
