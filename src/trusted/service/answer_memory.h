// The memory of answers: one may be hundreds of times as long as its request. TRUSTED.
#ifndef SOTTO_TRUSTED_SERVICE_ANSWER_MEMORY_H_
#define SOTTO_TRUSTED_SERVICE_ANSWER_MEMORY_H_

#include <cstddef>
#include <memory>
#include <span>

#include "base/status.h"
#include "trusted/service/pass_job.h"
#include "trusted/service/service_context.h"

namespace sotto {

// About how long the answer will be that tells the results of such passes, in bytes.
size_t AnswerBytes(const Model& model, const PassKind& kind, std::span<const PassPrompt> prompts);

// Room for an answer, for HttpResponse::lease. OUT_OF_RANGE for one that no server of these options
// makes, RESOURCE_EXHAUSTED while others take the room.
absl::StatusOr<std::shared_ptr<void>> HoldAnswer(const ServiceContext& context, size_t bytes);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_ANSWER_MEMORY_H_
