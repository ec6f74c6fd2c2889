// What commands say on stderr about a run: names, shapes and times. Of prompts no more than
// their number and, where work depends on it anyway, the number of their tokens.
#ifndef SOTTO_CLI_RUN_MESSAGES_H_
#define SOTTO_CLI_RUN_MESSAGES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "cli/batch_rows.h"
#include "cli/prefill_options.h"
#include "sotto/model.h"
#include "sotto/prefill.h"
#include "trusted/tokenizer/tokenizer_config.h"

namespace sotto {

// Whom nothing is hidden from, before a prompt is read; a model that anybody could have replaced.
void WarnBeforePrompts(const RunJob& job);

// `bos`: what --bos says; nullopt: the command has no such flag.
void WarnOfTokenizer(const std::string& directory, const TokenizerFileWarnings& warnings,
                     std::optional<BosUse> bos);
// At level info, with warnings of what is odd about its files.
void SayModel(const RunJob& job, const ModelInfo& model, std::optional<BosUse> bos = std::nullopt);
// Where the model was trained for other embeddings than these, as far as files beside it say.
// `pooling_flag`: the flag that chose the pooling.
void WarnOfEmbedding(const ModelInfo& model, const EmbedOptions& options,
                     std::string_view pooling_flag);
void SayPrecision(const Prefill& prefill);
void SayRows(const PrefillJob& options, const BatchRows& rows);

// "1 line", "2 lines"; "0.52 s".
std::string CountOf(size_t n, std::string_view what);
std::string SecondsText(double seconds);

// What to do where servers that could relay do not, which was a warning when they were connected
// to.
void SayRelay(const RunReport& run);

// Of a run that succeeded: one line, like a warning in that --log-level error silences it.
void SayWhatWasDone(const PrefillJob& options, const BatchRows& rows, double seconds,
                    Precision precision);

}  // namespace sotto

#endif  // SOTTO_CLI_RUN_MESSAGES_H_
