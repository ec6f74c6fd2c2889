// Protection `plain`: NOT CONFIDENTIAL, the accelerator reads everything. For measurements. Only a
// program that links this library and calls this can send anything in the clear: what runs in an
// enclave does not.
#ifndef SOTTO_TRUSTED_SPLIT_PROTECT_PLAIN_H_
#define SOTTO_TRUSTED_SPLIT_PROTECT_PLAIN_H_

namespace sotto {

// As AddProtection().
void AddPlainProtection();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PROTECT_PLAIN_H_
