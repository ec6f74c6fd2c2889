// The results that `sotto classify` and `sotto embed` write; docs/heads.md gives the meaning of
// every key. TRUSTED: they are derived from prompts.
#ifndef SOTTO_CLI_HEAD_OUTPUT_H_
#define SOTTO_CLI_HEAD_OUTPUT_H_

#include <string>

#include "cli/score_item.h"
#include "cli/score_job.h"
#include "sotto/model.h"

namespace sotto {

// REQUIRES: the item has its classification.
std::string ClassifiedLine(const ScoreItem& item, const HeadSpec& head);

// REQUIRES: the item has its embedding. Numbers as short as read back to the same f32.
std::string EmbeddedLine(const ScoreItem& item, const EmbedOptions& options);
// Its row of an array, little-endian f32.
std::string EmbeddedBytes(const ScoreItem& item);

// The header of an array of such rows, with the same number of bytes whatever the shape, so that it
// can be written when all rows are.
inline constexpr size_t kArrayHeaderBytes = 128;
std::string ArrayHeader(size_t rows, size_t dimensions);

}  // namespace sotto

#endif  // SOTTO_CLI_HEAD_OUTPUT_H_
