// What a Prefill computes in: what was named, and a measurement where the options leave it open.
#ifndef SOTTO_TRUSTED_API_PRECISION_CHOICE_H_
#define SOTTO_TRUSTED_API_PRECISION_CHOICE_H_

#include "base/status.h"
#include "sotto/prefill.h"

namespace sotto {

// INVALID_ARGUMENT, "FIELD: what is wrong with it", where the mode has no such precision.
// FAILED_PRECONDITION without the little memory that measuring takes.
absl::StatusOr<PrecisionReport> ChoosePrecision(const PrefillOptions& options);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_PRECISION_CHOICE_H_
