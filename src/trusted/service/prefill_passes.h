// The scheduler's passes over a Prefill. TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_PREFILL_PASSES_H_
#define SOTTO_TRUSTED_SERVICE_PREFILL_PASSES_H_

#include "sotto/prefill.h"
#include "trusted/service/scheduler.h"

namespace sotto {

// Urgent passes run on `beside`, which was made beside `prefill`; null: there are none. Both
// outlive the function. An error of the pass is logged; FAILED_PRECONDITION and INVALID_ARGUMENT,
// of a prompt, and CANCELLED stay what they are, UNAVAILABLE says no more than that, and others
// become INTERNAL.
RunPass PassesOver(Prefill& prefill, Prefill* beside);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PREFILL_PASSES_H_
