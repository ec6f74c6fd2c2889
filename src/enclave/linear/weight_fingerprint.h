// What decides the contents of a weight cache, as 64 hex digits.
#ifndef SOTTO_ENCLAVE_LINEAR_WEIGHT_FINGERPRINT_H_
#define SOTTO_ENCLAVE_LINEAR_WEIGHT_FINGERPRINT_H_

#include <string>

#include "base/status.h"
#include "enclave/linear/local.h"
#include "model/checkpoint.h"

namespace sotto {

// Over format, instruction set, precision, block sizes, config; of each weight file its name, size
// and time of change; of each tensor its name, type and some of its bytes. Not the whole weights:
// hashing them takes longer than packing them. Errors as Checkpoint::ReadStoredRows.
absl::StatusOr<std::string> WeightFingerprint(const Checkpoint& checkpoint, Precision precision);

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_LINEAR_WEIGHT_FINGERPRINT_H_
