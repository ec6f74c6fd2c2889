// What decides the contents of a weight cache, as 64 hex digits.
#ifndef SOTTO_TRUSTED_LINEAR_WEIGHT_FINGERPRINT_H_
#define SOTTO_TRUSTED_LINEAR_WEIGHT_FINGERPRINT_H_

#include <string>

#include "base/status.h"
#include "model/checkpoint.h"
#include "trusted/linear/local.h"

namespace sotto {

// Over format, instruction set, precision (for kFixed with the width of weights), block sizes,
// config; of each weight file its name, size
// and time of change; of each tensor its name, type and some of its bytes. Not the whole weights:
// hashing them takes longer than packing them. Errors as Checkpoint::ReadStoredRows.
absl::StatusOr<std::string> WeightFingerprint(const Checkpoint& checkpoint, Precision precision,
                                              FixedWeights fixed_weights);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_WEIGHT_FINGERPRINT_H_
