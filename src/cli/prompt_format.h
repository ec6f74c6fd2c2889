// How prompts are written down (prompt_file.h).
#ifndef SOTTO_CLI_PROMPT_FORMAT_H_
#define SOTTO_CLI_PROMPT_FORMAT_H_

namespace sotto {

enum class PromptFormat { kText, kJson, kJsonLines };

}  // namespace sotto

#endif  // SOTTO_CLI_PROMPT_FORMAT_H_
