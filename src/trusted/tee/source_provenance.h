// Where the source of this program is.
#ifndef SOTTO_TRUSTED_TEE_SOURCE_PROVENANCE_H_
#define SOTTO_TRUSTED_TEE_SOURCE_PROVENANCE_H_

#include "attest/aci_report.h"

namespace sotto {

// As whoever built it said (SOTTO_SOURCE_URL and SOTTO_SOURCE_COMMIT of the build); what was not
// said is none. Part of the program, and so of what an enclave measures.
SourceProvenance BuiltFrom();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TEE_SOURCE_PROVENANCE_H_
