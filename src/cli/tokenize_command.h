// `sotto tokenize`: text to ids and back, one JSON object a line.
#ifndef SOTTO_CLI_TOKENIZE_COMMAND_H_
#define SOTTO_CLI_TOKENIZE_COMMAND_H_

#include <istream>
#include <ostream>
#include <string>

#include "base/status.h"
#include "cli/command.h"
#include "sotto/model.h"
#include "trusted/tokenizer/tokenizer.h"

namespace CLI {
class App;
}

namespace sotto {

struct TokenizeJob {
  bool decode = false;
  EncodeTextOptions encoding = {.bos = BosUse::kNever};
  // For BosUse::kAlways, of a tokenizer whose template has none; or why there is none.
  absl::StatusOr<TokenIds> bos = TokenIds{};
};

// Reads `in` line by line, blank lines skipped, and writes a line for each: {"text": T}, as which
// {"prompt": T} and "T" are read, becomes {"ids": [..]}, or with `decode` {"ids": [..]} becomes
// {"text": T}. Beside a text may stand its own "special_tokens" and "bos" (text_encoding.h), beside
// either an "id", which is echoed; other members are errors. INVALID_ARGUMENT
// naming the line, never its text or ids; what came before it has been written. UNAVAILABLE when
// `out` takes no more.
absl::Status TokenizeLines(const Tokenizer& tokenizer, const TokenizeJob& job, std::istream& in,
                           std::ostream& out);

void AddTokenizeCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_TOKENIZE_COMMAND_H_
